export { type SecretContext, secretRoutes } from './routes.js'
