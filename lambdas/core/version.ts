/** Sent as `user-agent: ivymail-events/<version>`. A test checks that it equals the version in package.json. */
export const VERSION = '0.2.0';
