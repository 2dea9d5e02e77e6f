/** Bytes as a short text in quotes, `"paid"`, or in hex where they are none; what is left out shows as `…`. */
export function previewBytes(bytes: Uint8Array, maxBytes: number): string {
  const isCut = bytes.length > maxBytes;
  const shown = Buffer.from(bytes.subarray(0, maxBytes));
  const dots = isCut ? '…' : '';
  const text = shown.toString('utf8');
  // What is cut may end within a character: that alone makes no bytes of it.
  const isText = !/[^\P{C}\n\t]|\ufffd(?!$)/u.test(text) && (isCut || !text.endsWith('\ufffd'));
  return isText
    ? `${JSON.stringify(text.replace(/\ufffd$/, ''))}${dots}`
    : `${spaced(shown)}${dots}`;
}

/** `57 41 4c` */
export function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
