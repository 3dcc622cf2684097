import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class Main {
    private static final List<String> NAMES = List.of("webhook-id", "webhook-timestamp", "webhook-signature");

    /** Loads the classes of the library, changed so that they read the time from VerificationTime. */
    private static final class Loader extends ClassLoader {
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("com.standardwebhooks.")) return super.loadClass(name, resolve);
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) return loaded;
            try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
                Charset bytes = StandardCharsets.ISO_8859_1;
                String code = new String(file.readAllBytes(), bytes).replace("java/lang/System", "VerificationTime");
                return defineClass(name, code.getBytes(bytes), 0, code.length());
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }

    private static String text(String field) {
        return new String(Base64.getDecoder().decode(field.substring(1)), StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws Exception {
        Class<?> library = new Loader().loadClass("com.standardwebhooks.Webhook");
        Method verify = library.getMethod("verify", String.class, Map.class);
        // The method is public, but its class is not.
        verify.setAccessible(true);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] fields = line.split(" ");
            VerificationTime.seconds = Long.parseLong(text(fields[1]));
            Map<String, List<String>> headers = new HashMap<>();
            for (String name : NAMES) {
                String field = fields[2 + NAMES.indexOf(name)];
                if (!field.equals("-")) headers.put(name, List.of(text(field)));
            }
            System.out.println(accepts(library, verify, text(fields[0]), text(fields[5]), headers));
        }
    }

    private static boolean accepts(
            Class<?> library, Method verify, String secret, String body, Map<String, List<String>> headers)
            throws ReflectiveOperationException {
        try {
            verify.invoke(library.getConstructor(String.class).newInstance(secret), body, headers);
            return true;
        } catch (InvocationTargetException exception) {
            return false;
        }
    }
}
