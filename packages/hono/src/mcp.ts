// For Hono, `createMcpFetch(protect.validator, …)` takes the web request: `app.all('/mcp', (c) => mcp(c.req.raw))`.
export * from '@tollgate/core/mcp'
