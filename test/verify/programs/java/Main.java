import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

final class Main {
    private static final List<String> NAMES = List.of("webhook-id", "webhook-timestamp", "x-ivymail-signature");

    private static byte[] read(String field) {
        return Base64.getDecoder().decode(field.substring(1));
    }

    private static String text(String field) {
        return field.equals("-") ? null : new String(read(field), StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split(" ");
            Instant now = Instant.ofEpochSecond(Long.parseLong(text(fields[1])));
            boolean valid = Webhook.verify(
                    text(fields[0]), name -> text(fields[2 + NAMES.indexOf(name)]), read(fields[5]), now);
            System.out.println(valid);
        }
    }
}
