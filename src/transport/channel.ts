/** How Quorate's members open and serve connections to each other. */
import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { limits } from '../base/limits.js';

/** A silent connection is given up after this long without an answer to a ping, twice. */
const KEEPALIVE_MS = 5_000;

const shared: ChannelOptions = {
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': limits.peerMessageBytes,
  'grpc.max_send_message_length': limits.peerMessageBytes,
  // The default of 64 KiB would make the receiver's event loop the clock of every large append.
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
  // After a long network partition TCP alone may wait minutes before it tries again; a new connection works at once.
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
};

export const serverOptions: ChannelOptions = shared;

const clientOptions: ChannelOptions = {
  ...shared,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  // One connection a client: closing the client closes it.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

/** A client of one peer, with a connection of its own. */
export function openClient(address: string): Client {
  return new Client(address, credentials.createInsecure(), clientOptions);
}
