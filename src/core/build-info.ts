/** What this program was built from. */

// Replaced by the bundler; absent when the sources run unbundled.
declare const __SENTINEL_VERSION__: string | undefined;
declare const __SENTINEL_COMMIT__: string | undefined;
declare const __LIBBPF_VERSION__: string | undefined;

/** Names of the build, for `--version`, bug reports and events of the agent. */
export interface BuildInfo {
  /** Release version, `0.0.0-dev` when the sources run unbundled. */
  readonly version: string;
  /** Abbreviated commit, with `+dirty` when the tree had changes; `unknown` when unbundled. */
  readonly commit: string;
  /** Version of the Node.js inside. */
  readonly runtime: string;
  /** Version of the libbpf that is linked into the addon; `unknown` when unbundled. */
  readonly libbpf: string;
}

/** The build that runs. Loads nothing, the addon least of all. */
export const BUILD_INFO: BuildInfo = {
  version: typeof __SENTINEL_VERSION__ === 'string' ? __SENTINEL_VERSION__ : '0.0.0-dev',
  commit: typeof __SENTINEL_COMMIT__ === 'string' ? __SENTINEL_COMMIT__ : 'unknown',
  runtime: process.versions.node,
  libbpf: typeof __LIBBPF_VERSION__ === 'string' ? __LIBBPF_VERSION__ : 'unknown',
};

/** The text of `sentinel --version`: four lines, no trailing newline. */
export function versionText(build: BuildInfo = BUILD_INFO): string {
  return [
    `sentinel ${build.version}`,
    `commit   ${build.commit}`,
    `runtime  node ${build.runtime}`,
    `libbpf   ${build.libbpf}`,
  ].join('\n');
}
