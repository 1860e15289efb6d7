export { type PersonalDataContext, personalDataRoutes, rawPersonalDataRoutes } from './routes.js'
