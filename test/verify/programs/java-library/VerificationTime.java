/** Replaces java.lang.System in the library, so that the clock can be set. Both names must have the same length. */
public final class VerificationTime {
    static long seconds;

    private VerificationTime() {}

    public static long currentTimeMillis() {
        return seconds * 1000;
    }
}
