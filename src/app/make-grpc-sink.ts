/** The gRPC sink that the configuration describes. */
import type { Config } from '../core/config/schema.ts';
import type { Detection } from '../core/wire/detection.ts';
import { GRPC_SINK_DEFAULTS, grpcSink } from '../sinks/grpc.ts';
import type { Sink } from '../sinks/sink.ts';

/** @param onDetections Told what the detector flagged. */
export function makeGrpcSink(
  config: Config['sinks']['grpc'],
  onDetections: (detections: readonly Detection[]) => void,
): Sink {
  return grpcSink.build(
    {
      ...GRPC_SINK_DEFAULTS,
      endpoint: config.endpoint,
      tls: {
        enabled: config.tls,
        ca: config.tls_ca,
        cert: config.tls_cert,
        key: config.tls_key,
        server_name: undefined,
      },
    },
    { onDetections },
  );
}
