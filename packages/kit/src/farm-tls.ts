import fs from 'node:fs';
import tls from 'node:tls';
import { z } from 'zod';
import { AppError } from './errors.js';
import { secretFile } from './config.js';

/** What a service shows the others, and by what it knows them: PEM texts. The key is a secret. */
export interface FarmTls {
  /** Certificates of the farm's own authority. */
  readonly ca: string;
  /** The service's certificate, with intermediates if there are any. Its names are those that others dial it by. */
  readonly cert: string;
  readonly key: string;
}

/** Mutual TLS between services. All three or none; without them the farm speaks plain text, on loopback or a network of its own. */
export function tlsSettings() {
  return {
    /** File with the certificate(s) of the farm's authority, PEM. Whoever connects has to show one of its certificates. */
    ANCLOUD_TLS_CA_FILE: certificateFile().optional(),
    /** File with this service's certificate, PEM. Its subjectAltName has the host that the others dial, name or address. */
    ANCLOUD_TLS_CERT_FILE: certificateFile().optional(),
    /** File with that certificate's private key, PEM, closed to others. */
    ANCLOUD_TLS_KEY_FILE: secretFile().optional(),
  };
}

/** Undefined = plain text. Errors: CONFIG_INVALID when some of the three are missing, or certificate and key are no pair. */
export function tlsOf(read: z.output<z.ZodObject<ReturnType<typeof tlsSettings>>>): FarmTls | undefined {
  const { ANCLOUD_TLS_CA_FILE: ca, ANCLOUD_TLS_CERT_FILE: cert, ANCLOUD_TLS_KEY_FILE: key } = read;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if (ca === undefined || cert === undefined || key === undefined) {
    const field = missingOf({ ca, cert });
    throw new AppError('CONFIG_INVALID', `${field} is not set, and others of ANCLOUD_TLS_* are`, {
      field,
      fix: 'set ANCLOUD_TLS_CA_FILE, ANCLOUD_TLS_CERT_FILE and ANCLOUD_TLS_KEY_FILE, or none of them',
    });
  }
  try {
    tls.createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw new AppError(
      'CONFIG_INVALID',
      `ANCLOUD_TLS_KEY_FILE does not fit ANCLOUD_TLS_CERT_FILE: ${(cause as Error).message}`,
      {
        field: 'ANCLOUD_TLS_KEY_FILE',
        fix: 'write the path of the private key, PEM, that the certificate was issued for',
        cause,
      },
    );
  }
  return { ca, cert, key };
}

function missingOf({ ca, cert }: Record<'ca' | 'cert', string | undefined>): string {
  if (ca === undefined) return 'ANCLOUD_TLS_CA_FILE';
  return cert === undefined ? 'ANCLOUD_TLS_CERT_FILE' : 'ANCLOUD_TLS_KEY_FILE';
}

function certificateFile() {
  return z
    .string()
    .transform((file, context) => {
      try {
        const text = fs.readFileSync(file, 'utf8');
        if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
        context.addIssue({ code: 'custom', message: 'is no file with a PEM certificate' });
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
      return z.NEVER;
    })
    .describe('write the path of a PEM file');
}
