/** The file of an archive that says what all others are. */
export const manifestName = 'manifest.json'
