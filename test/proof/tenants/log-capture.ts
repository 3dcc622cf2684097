/** Everything this process writes: to its two streams, and by the console, which vitest keeps to itself. */
import { format } from 'node:util';

export interface LogCapture {
  /** All that was written since the capture began. */
  text(): string;
  lines(): readonly string[];
  /** What Lambda's runtime writes of an error that leaves a handler. */
  thrown(error: unknown): void;
  stop(): void;
}

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

export function captureLogs(): LogCapture {
  const written: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
      written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      for (const callback of rest) if (typeof callback === 'function') callback();
      return true;
    };
    return () => void (stream.write = write);
  });
  const methods = METHODS.map((method) => {
    const before = console[method];
    console[method] = (...parts: readonly unknown[]) => void written.push(`${format(...parts)}\n`);
    return () => void (console[method] = before);
  });
  return {
    text: () => written.join(''),
    lines: () =>
      written
        .join('')
        .split('\n')
        .filter((line) => line !== ''),
    thrown(error) {
      if (!(error instanceof Error)) throw new TypeError('Only an error may leave a handler');
      const { message, stack } = error;
      const fields = {
        errorType: error.constructor.name,
        errorMessage: message,
        stackTrace: stack?.split('\n'),
      };
      written.push(`${JSON.stringify({ level: 'ERROR', message: Object.assign(fields, error) })}\n`);
    },
    stop() {
      for (const restore of [...streams, ...methods]) restore();
    },
  };
}
