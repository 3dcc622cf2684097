/** Captures the output of this process: stdout, stderr and the console. The console needs its own capture, because Vitest replaces it. */
import { format } from 'node:util';

export interface LogCapture {
  /** The output since the start of the capture. */
  text(): string;
  lines(): readonly string[];
  /** Adds the log line that Lambda's runtime writes for an error that leaves a handler. */
  logUncaught(error: unknown): void;
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
    const original = console[method];
    console[method] = (...parts: readonly unknown[]) => void written.push(`${format(...parts)}\n`);
    return () => void (console[method] = original);
  });
  return {
    text: () => written.join(''),
    lines: () =>
      written
        .join('')
        .split('\n')
        .filter((line) => line !== ''),
    logUncaught(error) {
      if (!(error instanceof Error)) throw new TypeError('A handler must throw an instance of Error');
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
