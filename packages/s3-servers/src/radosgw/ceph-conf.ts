/** Of which cluster, and where. */
export interface Cluster {
  readonly directory: string;
  readonly id: string;
  /** What its one OSD keeps the data in: memory, or a file that survives it. */
  readonly objectStore: 'memstore' | 'bluestore';
  /** On loopback, of the monitor and the gateway; the OSD looks for a free port by itself. */
  readonly address: string;
  readonly monitorPort: number;
  readonly gatewayPort: number;
}

/** Where the monitor listens, as Ceph writes it. */
export function monitorAddress({ address, monitorPort }: Cluster): string {
  return `[v2:${address}:${monitorPort}]`;
}

/** The configuration of a cluster of one monitor, one OSD and one gateway, on loopback, without authentication inside. */
export function cephConf(cluster: Cluster): string {
  const { directory, id, objectStore, address, gatewayPort } = cluster;
  return `[global]
fsid = ${id}
mon host = ${monitorAddress(cluster)}
public network = 127.0.0.0/8
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
# Without authentication there is no key to encrypt with: the gateway would wait for one.
ms mon client mode = crc
run dir = ${directory}
admin socket =
pid file =
crash dir = ${directory}
log file =
log to stderr = true
err to stderr = true
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 2
osd pool default pgp num = 2
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 2
mon initial members = a
# Creating the gateway's pools takes milliseconds so, not seconds.
paxos propose interval = 0.01
paxos min wait = 0.01
[mon.a]
mon data = ${directory}/mon
mon cluster log file = /dev/null
[osd]
osd data = ${directory}/osd
osd objectstore = ${objectStore}
osd memory target = 939524096
memstore device bytes = 8589934592
bluestore block size = 21474836480
osd class load list = *
osd class default list = *
osd heartbeat grace = 3600
# How long a restarted OSD waits for reads that the killed one may have allowed.
osd pool default read lease ratio = .5
debug ms = 0/0
debug osd = 0/0
debug bluestore = 0/0
debug bdev = 0/0
debug rocksdb = 0/0
[client.rgw]
debug rgw = 0/0
debug objclass = 0/0
rgw data = ${directory}/rgw
# Without it each answer waits 40 ms for the acknowledgement of its header.
rgw frontends = beast endpoint=${address}:${gatewayPort} tcp_nodelay=1
rgw thread pool size = 64
rgw override bucket index max shards = 1
rgw dynamic resharding = false
# Lifecycle rules are applied when a test asks for it, and a day of them is a second.
rgw enable lc threads = false
rgw lc debug interval = 1
rgw enable usage log = false
rgw enable ops log = false
`;
}
