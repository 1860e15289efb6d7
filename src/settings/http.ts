export { type SettingsContext, settingsRoutes } from './routes.js'
