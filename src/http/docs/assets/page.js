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
    // An expired token would be refused even by the login.
    if (isLogin(request.url)) delete request.headers.Authorization
    // The token may have been pasted without its keyword.
    else if (authorization !== undefined) request.headers.Authorization = authorizationOf(authorization)
    return request
  },

  /** A login on this page also authorizes the page. */
  responseInterceptor(response) {
    const {token} = response.ok && isLogin(response.url) ? response.body : {}
    if (token !== undefined) authorize(token)
    return response
  },
})

// Swagger UI opens the operation of the address only when it loads.
addEventListener('hashchange', () => {
  ui.layoutActions.parseDeepLinkHash(decodeURIComponent(location.hash))
})

function isLogin(url) {
  return new URL(url, location.href).pathname.endsWith('/auth/login/')
}

/** The header for a token that is written with or without its keyword. */
function authorizationOf(token) {
  return `Token ${token.trim().replace(/^token\s+/i, '')}`
}

/** Does what the form under `Authorize` does. */
function authorize(token) {
  const name = 'Token'
  const schema = ui.specSelectors.securityDefinitions().get(name)
  ui.authActions.authorizeWithPersistOption({[name]: {name, schema, value: authorizationOf(token)}})
}
