/** A failed test, file or step: its name and the first lines of what it reported. */
export interface Failure {
  name: string;
  message: string;
}

export function lastLines(output: string): string;
export function failuresOfReport(report: object, root: string): Failure[];
