/** Parameters of one payload type (its `a=fmtp`), by their names in small letters. */
type Parameters = Readonly<Record<string, string>>;

/**
 * Constrained Baseline by any of its three names (RFC 6184, table 5), in packetization-mode 1: what the phone's stream is labelled as,
 * whatever it is. Fragments need mode 1. Pure.
 */
export function isConstrainedBaseline(parameters: Parameters): boolean {
  const { profile, flags } = profileOf(parameters);
  if (!hasFragments(parameters)) return false;
  switch (profile) {
    case '42':
      return (flags & 0x4f) === 0x40;
    case '4d':
      return (flags & 0x8f) === 0x80;
    case '58':
      return (flags & 0xcf) === 0xc0;
    default:
      return false;
  }
}

/**
 * Whoever receives by these also decodes Constrained Baseline, in packetization-mode 1: it has no coding tool that Baseline, Main, Extended,
 * High and Constrained High lack (H.264, annex A.2). Without a profile it is Baseline (RFC 6184 §8.1). Pure.
 */
export function decodesConstrainedBaseline(parameters: Parameters): boolean {
  return hasFragments(parameters) && ['42', '4d', '58', '64'].includes(profileOf(parameters).profile);
}

function hasFragments(parameters: Parameters): boolean {
  return Number(parameters['packetization-mode'] ?? 0) === 1;
}

function profileOf(parameters: Parameters): { readonly profile: string; readonly flags: number } {
  const [, profile = '', flags = '0'] =
    /^([\da-f]{2})([\da-f]{2})[\da-f]{2}$/i.exec(parameters['profile-level-id'] ?? '42000a') ?? [];
  return { profile: profile.toLowerCase(), flags: parseInt(flags, 16) };
}
