export { rawAuditRoutes } from './export-route.js'
export { type AuditContext, auditRoutes } from './routes.js'
