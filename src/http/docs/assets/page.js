/* global SwaggerUIBundle */

const ui = SwaggerUIBundle({
  dom_id: '#api',
  url: '../openapi.json',
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,

  requestInterceptor(request) {
    const {Authorization: authorization} = request.headers
    // A token that has ended would be refused, also where a new one is asked for.
    if (isLogin(request.url)) delete request.headers.Authorization
    // Also where the token was pasted without its keyword.
    else if (authorization !== undefined) request.headers.Authorization = authorizationOf(authorization)
    return request
  },

  /** Whoever logs in here is logged in. */
  responseInterceptor(response) {
    const {token} = response.ok && isLogin(response.url) ? response.body : {}
    if (token !== undefined) authorize(token)
    return response
  },
})

function isLogin(url) {
  return new URL(url, location.href).pathname.endsWith('/auth/login/')
}

/** Of a token, with its keyword or without. */
function authorizationOf(token) {
  return `Token ${token.trim().replace(/^token\s+/i, '')}`
}

/** What the form under `Authorize` does. */
function authorize(token) {
  const name = 'Token'
  const schema = ui.specSelectors.securityDefinitions().get(name)
  ui.authActions.authorizeWithPersistOption({[name]: {name, schema, value: authorizationOf(token)}})
}
