/** What the library takes for java.lang.System, whose name is as long: the one clock it has can be set. */
public final class VerificationTime {
    static long seconds;

    private VerificationTime() {}

    public static long currentTimeMillis() {
        return seconds * 1000;
    }
}
