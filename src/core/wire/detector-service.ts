/** The names and paths of `sentinel.v1.DetectorService`; messages pass through gRPC as bytes. */
import type { MethodDefinition } from '@grpc/grpc-js';

/** Full name of the service. */
export const DETECTOR_SERVICE = 'sentinel.v1.DetectorService';

/** A method whose messages are bytes on both sides: whoever handles them decodes them, and says what is wrong with them. */
export type BytesMethod = MethodDefinition<Buffer, Buffer>;

/** Defines a method of any service. */
export function bytesMethod(
  service: string,
  name: string,
  streams: { readonly requests: boolean; readonly responses: boolean },
): BytesMethod {
  return {
    path: `/${service}/${name}`,
    requestStream: streams.requests,
    responseStream: streams.responses,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

const BOTH = { requests: true, responses: true };

/** The methods of the service. */
export const DETECTOR_METHODS = {
  StreamEvents: bytesMethod(DETECTOR_SERVICE, 'StreamEvents', BOTH),
  StreamBatches: bytesMethod(DETECTOR_SERVICE, 'StreamBatches', BOTH),
  ReportAnomaly: bytesMethod(DETECTOR_SERVICE, 'ReportAnomaly', { requests: false, responses: false }),
} as const;

/** What both sides take at most, in bytes of one message, unless told otherwise: gRPC's own default. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
