/** The workspace that exists from the deploy on, and owns what no tag and no configuration set claims. For the browser, too. */
export const DEFAULT_WORKSPACE_ID = `ws_${'a'.repeat(26)}`;
