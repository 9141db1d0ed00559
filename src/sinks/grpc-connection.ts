/** Reaching a detector over gRPC. */
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
  logVerbosity,
  setLogVerbosity,
  type VerifyOptions,
} from '@grpc/grpc-js';
import type { Clock } from '../core/clock.ts';
import { messageOf, SentinelError } from '../core/errors.ts';
import { bytesMethod } from '../core/wire/detector-service.ts';
import { readTlsFiles, type TlsFiles } from '../core/wire/tls-files.ts';

/** Where the detector is, and how to reach it: a part of the sink's configuration. */
export interface ConnectionSettings {
  readonly endpoint: string;
  readonly tls: TlsFiles & { readonly enabled: boolean; readonly server_name?: string | undefined };
  readonly max_message_bytes: number;
  readonly connect_timeout_ms: number;
  readonly keepalive_ms: number;
}

/** TLS has no way to ask for an address: this is asked for, and the certificate checked for the address. */
const NAMELESS = 'address.invalid';
const HEALTH_CHECK = bytesMethod('grpc.health.v1.Health', 'Check', { requests: false, responses: false });

/**
 * Connects; gives up as soon as an attempt has failed, for trying again is not its business.
 *
 * @throws {SentinelError} `SNT_PEER_UNAVAILABLE` if the peer cannot be reached; `SNT_CONFIG_INVALID` if the TLS files are
 * of no use.
 * @throws The reason of `signal`, if it aborts.
 */
export async function connectClient(
  config: ConnectionSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<Client> {
  setLogVerbosity(logVerbosity.NONE); // it writes to stderr what it also throws
  const client = new Client(config.endpoint, await credentialsOf(config), channelOptions(config));
  const close = () => client.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    signal.throwIfAborted();
    await becomeReady(client, deadlineAfter(config.connect_timeout_ms, clock));
    return client;
  } catch (error) {
    client.close();
    signal.throwIfAborted();
    throw new SentinelError(
      'SNT_PEER_UNAVAILABLE',
      `Cannot reach the detector at ${config.endpoint}: ${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    signal.removeEventListener('abort', close);
  }
}

async function becomeReady(client: Client, deadlineMs: number): Promise<void> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      return;
    }
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
      throw new Error(await whyNot(client));
    }
    await new Promise<void>((resolve, reject) => {
      channel.watchConnectivityState(state, deadlineMs, (error) =>
        error === undefined ? resolve() : reject(new Error('no answer in time')),
      );
    });
  }
}

/** A channel does not say why it failed; a call on it does. */
function whyNot(client: Client): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = HEALTH_CHECK;
  return new Promise((resolve) => {
    try {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, Buffer.alloc(0), (error) =>
        resolve(error?.details ?? 'the connection was lost'),
      );
    } catch (error) {
      resolve(messageOf(error)); // closed meanwhile
    }
  });
}

function deadlineAfter(ms: number, clock: Clock): number {
  return Number(clock.unixNs() / 1_000_000n) + ms;
}

function channelOptions({
  endpoint,
  tls,
  max_message_bytes,
  keepalive_ms,
}: ConnectionSettings): ChannelOptions {
  const name = tls.server_name ?? (tls.enabled && addressIn(endpoint) !== undefined ? NAMELESS : undefined);
  return {
    'grpc.max_receive_message_length': max_message_bytes,
    'grpc.max_send_message_length': max_message_bytes,
    'grpc.keepalive_time_ms': keepalive_ms,
    'grpc.keepalive_timeout_ms': Math.min(20_000, keepalive_ms),
    // Trying again is the delivery's business, and a proxy is nothing that an environment should put in between.
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    ...(name === undefined ? {} : { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name }),
  };
}

/** The address in an endpoint that has no name, undefined for all others. */
function addressIn(endpoint: string): string | undefined {
  const host = /^\[?([^[\]]*?)\]?:\d+$/.exec(endpoint)?.[1] ?? '';
  return isIP(host) === 0 ? undefined : host;
}

async function credentialsOf({ tls, endpoint }: ConnectionSettings): Promise<ChannelCredentials> {
  if (!tls.enabled) {
    return credentials.createInsecure();
  }
  const { pair, ca } = await readTlsFiles(tls);
  const address = tls.server_name === undefined ? addressIn(endpoint) : undefined;
  const verify: VerifyOptions =
    address === undefined ? {} : { checkServerIdentity: (_name, cert) => checkServerIdentity(address, cert) };
  try {
    return credentials.createSsl(ca ?? null, pair?.key ?? null, pair?.cert ?? null, verify);
  } catch (error) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      `Cannot use the TLS files for ${endpoint}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
