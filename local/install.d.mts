/** Installs the packages of the lockfile, unless they are installed. */
export function install(): Promise<void>;
/** Whether node_modules contains the packages of the lockfile. Optional packages of other platforms may be missing. */
export function isInstalled(folder?: string): boolean;
