/**
 * The default workspace exists as soon as the stack is deployed. It owns every event that no tag and no configuration set
 * assigns to another workspace. This is a separate module, so that the dashboard can import it in the browser.
 */
export const DEFAULT_WORKSPACE_ID = `ws_${'a'.repeat(26)}`;
