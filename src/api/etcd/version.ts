/** The etcd whose API and behaviour this door has: what clients see that choose by version. Always plain x.y.z: clients take it apart as numbers. */
export const etcdVersion = '3.5.21';
/** The version that a cluster of such members agrees on. */
export const etcdClusterVersion = '3.5.0';
