/** `up_<host id>_<24 hex>`: an upload says its host, so that any gateway can go on with it and none keeps a record. */
const uploadIdPattern = /^up_([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)_[0-9a-f]{24}$/;

/** The host that an upload lies on; undefined for what is no upload's id. */
export function hostOfUpload(uploadId: string): string | undefined {
  return uploadIdPattern.exec(uploadId)?.[1];
}
