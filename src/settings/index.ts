export { PersonRequired, SealingUnavailable } from './errors.js'
export { type SettingsOptions, SettingsRules } from './rules.js'
export { type SealBinding, type SealedFields } from './sealing.js'
export {
  type EffectiveSettings, type Settings, type SettingsChange, type SettingsOwner, SettingsStore,
} from './store.js'
export { settings, type SettingsDocument, type SettingsTables } from './tables.js'
