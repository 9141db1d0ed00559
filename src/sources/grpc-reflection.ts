/** `grpc.reflection.v1.ServerReflection` and its older twin: what the server serves, for tools that ask. */
import { type ServerDuplexStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import files from '../../build/proto/descriptors.cjs';
import wire from '../../build/proto/messages.cjs';
import { bytesMethod } from '../core/wire/detector-service.ts';
import { statusError } from './grpc-health.ts';
import { handled } from './grpc-read-gate.ts';

// The two versions of the service have the same messages.
const { ServerReflectionRequest, ServerReflectionResponse } = wire.grpc.reflection.v1;
type Answer = Parameters<typeof ServerReflectionResponse.encode>[0];

/** The methods of each version, by the name of its service. */
export const REFLECTION_METHODS = Object.fromEntries(
  ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'].map((service) => [
    service,
    {
      ServerReflectionInfo: bytesMethod(service, 'ServerReflectionInfo', { requests: true, responses: true }),
    },
  ]),
);

/**
 * The handlers of either version.
 *
 * @param services Full names of what is served.
 */
export function reflectionHandlers(services: readonly string[]): UntypedServiceImplementation {
  return {
    ServerReflectionInfo: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => {
        handled(message);
        let request: ReturnType<typeof ServerReflectionRequest.decode>;
        try {
          request = ServerReflectionRequest.decode(message);
        } catch {
          call.emit('error', statusError(status.INVALID_ARGUMENT, 'Cannot decode the request'));
          return;
        }
        const answer = { validHost: request.host, originalRequest: request, ...answerTo(request, services) };
        if (!call.write(Buffer.from(ServerReflectionResponse.encode(answer).finish())) && !call.isPaused()) {
          call.pause();
          call.once('drain', () => call.resume());
        }
      });
      call.on('end', () => call.end());
    },
  };
}

function answerTo(
  request: ReturnType<typeof ServerReflectionRequest.decode>,
  services: readonly string[],
): Answer {
  switch (request.messageRequest) {
    case 'listServices':
      return { listServicesResponse: { service: services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return describe(request.fileByFilename ?? '');
    case 'fileContainingSymbol':
      return describe(fileOf(request.fileContainingSymbol ?? ''));
    case 'allExtensionNumbersOfType': {
      const type = request.allExtensionNumbersOfType ?? '';
      return fileOf(type) === undefined
        ? notFound('No such type')
        : { allExtensionNumbersResponse: { baseTypeName: type } };
    }
    case 'fileContainingExtension':
      return notFound('There are no extensions');
    default:
      return { errorResponse: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'The request is empty' } };
  }
}

function fileOf(symbol: string): string | undefined {
  return Object.entries(files).find(([, { symbols }]) => symbols.includes(symbol))?.[0];
}

/** The file and all that it imports. */
function describe(name: string | undefined): Answer {
  const file = name !== undefined && Object.hasOwn(files, name) ? files[name] : undefined;
  if (file === undefined) {
    return notFound('No such file or symbol');
  }
  const imported = file.imports.flatMap((path) => files[path] ?? []);
  const fileDescriptorProto = [file, ...imported].map(({ base64 }) => Buffer.from(base64, 'base64'));
  return { fileDescriptorResponse: { fileDescriptorProto } };
}

function notFound(errorMessage: string): Answer {
  return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage } };
}
