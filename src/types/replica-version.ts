/** What this replica calls itself, to agents and to canisters. */
export const REPLICA_VERSION = "terrarium";
