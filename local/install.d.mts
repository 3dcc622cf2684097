/** Brings node_modules to what the lockfile says; returns at once where it is there already. */
export function install(): Promise<void>;
/** Whether node_modules holds what the lockfile asks for; packages of other platforms may be absent. */
export function isInstalled(folder?: string): boolean;
