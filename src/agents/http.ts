export { type AgentContext, agentRoutes } from './routes.js'
