/**
 * Turns proto/ into build/proto/: messages.cjs with its types, a static codec (pbjs), and descriptors.cjs, every file that
 * the server names as an encoded FileDescriptorProto, for the reflection service.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';
import { runScript } from './gates/run.ts';

const SERVED = [
  'sentinel/v1/detector.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
];
/** The two versions of reflection have the same messages: one codec does for both. */
const WITH_CODEC = SERVED.filter((file) => !file.includes('v1alpha'));
const OUTPUT = 'build/proto';
const UNUSED = ['verify', 'convert', 'delimited', 'typeurl', 'service'].map((part) => `--no-${part}`);

/** The part of a DescriptorProto that is made absolute. */
interface TypeShape {
  name: string;
  readonly field: { name: string; typeName?: string }[];
  readonly nestedType: TypeShape[];
  readonly enumType: { readonly name: string }[];
  readonly options?: { readonly mapEntry?: boolean };
}

/** The same of a FileDescriptorProto. */
interface FileShape {
  name: string;
  readonly package: string;
  readonly dependency: string[];
  readonly messageType: TypeShape[];
  readonly enumType: { readonly name: string }[];
  readonly service: { readonly name: string; readonly method: { readonly name: string }[] }[];
}

/** What the reflection service has to know of a file. */
interface Described {
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
  /** Full names of its types, services and methods. */
  readonly symbols: readonly string[];
}

function makeCodec(): void {
  const output = `${OUTPUT}/messages.cjs`;
  const { status, stderr } = runScript('protobufjs-cli/bin/pbjs', [
    ...['--target', 'static-module', '--wrap', 'commonjs', '--dependency', 'protobufjs/minimal.js'],
    ...['--path', 'proto', '--dts', ...UNUSED, '--out', output],
    ...WITH_CODEC.map((file) => `proto/${file}`),
  ]);
  if (status !== 0) {
    throw new Error(`pbjs ended with ${status}: ${stderr}`);
  }
  renameSync(`${OUTPUT}/messages.d.ts`, `${OUTPUT}/messages.d.cts`);
}

/** Descriptions by file name, of `name` and of all that it imports. A file's folder is its package. */
function describeFile(name: string, made = new Map<string, Described>()): Map<string, Described> {
  const root = new protobuf.Root();
  const isBundled = (path: string) => path.startsWith('google/protobuf/');
  root.resolvePath = (_origin, path) => (isBundled(path) ? path : resolve('proto', path));
  root.loadSync(name, { keepCase: true }).resolveAll();
  const imported = root.files.filter((path) => path !== root.resolvePath('', name) && isBundled(path));
  for (const path of imported) {
    describeFile(path, made);
  }
  const set = (root as unknown as { toDescriptor(edition: string): { file: FileShape[] } }).toDescriptor(
    'proto3',
  ); // protobufjs/ext/descriptor adds it to Root, which its types do not say
  const file = set.file.find((candidate) => candidate.package === dirname(name).replaceAll('/', '.'));
  if (file === undefined) {
    throw new Error(`proto/${name} has another package than its folder says`);
  }
  file.name = name;
  file.dependency.push(...imported);
  for (const type of file.messageType) {
    makeAbsolute(type, root.lookupType(`${file.package}.${type.name}`));
  }
  made.set(name, {
    bytes: descriptor.FileDescriptorProto.encode(file as never).finish(), // FileShape is part of what it takes
    imports: imported,
    symbols: symbolsOf(file),
  });
  return made;
}

function symbolsOf({ package: scope, messageType, enumType, service }: FileShape): string[] {
  const typesIn = (outer: string, types: readonly TypeShape[]): string[] =>
    types.flatMap(({ name, nestedType, enumType: enums }) => [
      `${outer}.${name}`,
      ...enums.map((nested) => `${outer}.${name}.${nested.name}`),
      ...typesIn(`${outer}.${name}`, nestedType),
    ]);
  return [
    ...typesIn(scope, messageType),
    ...enumType.map(({ name }) => `${scope}.${name}`),
    ...service.flatMap(({ name, method }) => [
      `${scope}.${name}`,
      ...method.map((one) => `${scope}.${name}.${one.name}`),
    ]),
  ];
}

/** protobuf.js names types relatively, and the entries of a map after the field alone; protoc does neither. */
function makeAbsolute(shape: TypeShape, type: protobuf.Type): void {
  for (const entry of shape.nestedType.filter(({ options }) => options?.mapEntry === true)) {
    const field = shape.field.find(({ typeName }) => typeName === entry.name);
    entry.name = `${entry.name.replace(/Entry$/, '')}Entry`;
    if (field !== undefined) {
      field.typeName = `${type.fullName}.${entry.name}`;
    }
  }
  for (const field of shape.field) {
    if (field.typeName && !field.typeName.startsWith('.')) {
      field.typeName = type.lookupTypeOrEnum(field.typeName).fullName;
    }
  }
  for (const nested of shape.nestedType.filter(({ options }) => options?.mapEntry !== true)) {
    makeAbsolute(nested, type.lookupType(nested.name));
  }
}

mkdirSync(OUTPUT, { recursive: true });
makeCodec();
const descriptors = new Map(SERVED.flatMap((file) => [...describeFile(file)]));
const files = Object.fromEntries(
  [...descriptors].map(([name, { bytes, imports, symbols }]) => [
    name,
    { base64: Buffer.from(bytes).toString('base64'), imports, symbols },
  ]),
);
writeFileSync(`${OUTPUT}/descriptors.cjs`, `module.exports = ${JSON.stringify(files, null, 1)};\n`);
writeFileSync(
  `${OUTPUT}/descriptors.d.cts`,
  `interface DescribedFile {
  /** Encoded FileDescriptorProto. */
  readonly base64: string;
  readonly imports: readonly string[];
  /** Full names of its types, services and methods. */
  readonly symbols: readonly string[];
}
/** The files in proto/ and what they import, by name. */
declare const files: Readonly<Record<string, DescribedFile>>;
export = files;
`,
);
console.log(`${OUTPUT}: ${WITH_CODEC.length} files with a codec, ${descriptors.size} described`);
