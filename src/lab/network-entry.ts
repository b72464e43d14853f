/**
 * A served network as `icp.yaml` names it (schema of icp-cli 1.1): a connected network, and an environment that deploys to
 * it. `rootKey`: DER in hex, or "fetch", which trusts whoever answers first.
 */
export const networkEntry = (url: string, rootKey: string): string => `networks:
  - name: terrarium
    mode: connected
    url: ${url}
    root-key: ${rootKey}
environments:
  - name: terrarium
    network: terrarium
`;
