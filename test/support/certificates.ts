/** Certificates for one test, made by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes an authority, and a certificate of it for localhost and 127.0.0.1.
 *
 * @param name Distinguishes files and subjects in one folder.
 */
export function makeCertificates(folder: string, name: string): Certificates {
  const path = (suffix: string) => join(folder, `${name}-${suffix}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
    '-days',
    '2',
    '-subj',
    `/CN=${name} authority`,
  );
  openssl('req', ...newKey, '-keyout', path('key.pem'), '-out', path('request.pem'), '-subj', `/CN=${name}`);
  writeFileSync(path('names.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      path('request.pem'),
      '-CA',
      path('ca.pem'),
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
    ],
    ...['-out', path('cert.pem'), '-days', '2', '-extfile', path('names.cnf')],
  );
  return { ca: path('ca.pem'), cert: path('cert.pem'), key: path('key.pem') };
}
