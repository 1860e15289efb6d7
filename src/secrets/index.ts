export {
  RevealNotRecorded, RootKeyMismatch, RootKeyMissing, RootKeyUnavailable, SecretExpired,
  SecretKeyExhausted, SecretKeyInUse, SecretKeyRetired, SecretLimitReached, SecretNameTaken,
  SecretNotFound, SecretOwnerRequired, SecretUnreadable,
} from './errors.js'
export { usesMaxDefault } from './keyring.js'
export { type KeyReport, KeyRetirement, type OldKey } from './retirement.js'
export { type RevealRate, revealRateDefault } from './reveal-limit.js'
export { givenRootKeys, newRootKey, passingRootKey, type RootKeyProvider } from './root-key.js'
export { type RootKeyFile } from './root-key-file.js'
export { RootRing } from './root-ring.js'
export { type KeyRotation, type RotationOptions, type RotationSum } from './rotation.js'
export { type SealedColumn } from './sealed-columns.js'
export { type FieldBinding, SealedFields } from './sealed-fields.js'
export {
  type NewSecret, type RevealedSecret, type Secret, type SecretChanges, type SecretOwner,
  SecretStore, type SecretVersion,
} from './store.js'
export {
  keyRotations, organizationKeys, rootKeys, secrets, type SecretTables, secretVersions,
} from './tables.js'
export { type VaultOptions, VaultRootKey } from './vault.js'
export { providerOf, type RootKeyOption, type SecretOptions, SecretWorks } from './works.js'
