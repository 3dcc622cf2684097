import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Webhook {
    /**
     * True for a genuine webhook. header: returns a header by its name, such as request::getHeader. body: the body as it
     * arrived. now: usually Instant.now().
     */
    public static boolean verify(String secret, UnaryOperator<String> header, byte[] body, Instant now)
            throws GeneralSecurityException {
        String id = header.apply("webhook-id"), timestamp = header.apply("webhook-timestamp");
        String head = id + "." + timestamp, signatures = header.apply("x-ivymail-signature");
        byte[] key = Base64.getMimeDecoder().decode(secret.replaceFirst("^whsec_", ""));
        if (id == null || signatures == null || key.length < 24 || !head.matches("\\w+\\.\\d{10}")) return false;
        if (Math.abs(now.getEpochSecond() - Long.parseLong(timestamp)) > 300) return false;

        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((head + ".").getBytes(StandardCharsets.UTF_8));
        byte[] digest = mac.doFinal(body);
        byte[] expected = ("v1," + Base64.getEncoder().encodeToString(digest)).getBytes(StandardCharsets.UTF_8);
        return Arrays.stream(signatures.split(" "))
                .anyMatch(signature -> MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8)));
    }
}
