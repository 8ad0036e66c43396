const paths: Readonly<Record<string, readonly string[]>> = {
  '/public': ['get'],
  '/optional': ['get'],
  '/health': ['get'],
  '/orders': ['get', 'post'],
  '/orders/{id}': ['get', 'delete', 'put'],
  '/payments': ['post'],
  '/tenants': ['get'],
  '/me': ['get'],
}

/** A document by hand, without any security. */
export function plainDocument(version: string): { openapi: string; info: object; paths: object } {
  const items = Object.entries(paths).map(([path, methods]) => {
    const parameters = path.includes('{')
      ? { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] }
      : {}
    const operations = methods.map((method) => [method, { ...parameters, responses: { 200: { description: 'OK' } } }])
    return [path, Object.fromEntries(operations)]
  })
  return { openapi: version, info: { title: 'Orders', version: '1.0.0' }, paths: Object.fromEntries(items) as object }
}
