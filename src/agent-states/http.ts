export { type AgentStateContext, agentStateRoutes } from './routes.js'
