/** The encodings that --encoding offers: those in which Windows and old Macs save text, and Unicode. */
export const encodings = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'iso-8859-15',
  'macintosh',
] as const

export type Encoding = (typeof encodings)[number]
