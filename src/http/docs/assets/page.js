/* global SwaggerUIBundle */

const tokenName = 'Token'
/** Who the token of the last login belongs to. Swagger UI keeps the token itself beside it. */
const loginKey = 'mattshop-login'
const caller = document.getElementById('caller')
/** Of the login that was sent last. */
let username

const description = await readDescription()

const ui = SwaggerUIBundle({
  dom_id: '#api',
  spec: description,
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  plugins: [foldErrors],

  requestInterceptor(request) {
    const {Authorization: authorization} = request.headers
    // An expired token would be refused even by the login.
    if (isLogin(request.url)) {
      delete request.headers.Authorization
      username = usernameIn(request.body)
    }
    // The token may have been pasted without its keyword.
    else if (authorization !== undefined) request.headers.Authorization = authorizationOf(authorization)
    return request
  },

  /** A login on this page also authorizes the page. */
  responseInterceptor(response) {
    const {token} = response.ok && isLogin(response.url) ? response.body : {}
    if (token !== undefined) {
      localStorage.setItem(loginKey, JSON.stringify({token, username}))
      authorize(token)
    }
    return response
  },
})

ui.getStore().subscribe(showCaller)
showCaller()

// Swagger UI opens the operation of the address only when it loads.
addEventListener('hashchange', () => {
  ui.layoutActions.parseDeepLinkHash(decodeURIComponent(location.hash))
})

/** The description for this page: its calls go to where the page came from, and a padlock means that a token is needed. */
async function readDescription() {
  const response = await fetch('../openapi.json')
  const document = await response.json()
  document.servers = [{url: new URL('..', location.href).pathname}]
  for (const operations of Object.values(document.paths)) {
    for (const operation of Object.values(operations)) {
      if (operation.security?.some((way) => Object.keys(way).length === 0)) delete operation.security
    }
  }
  return document
}

/** Shows the answers that are errors only when asked to. A plugin of Swagger UI. */
function foldErrors({React: {createElement, useState}}) {
  return {
    wrapComponents: {
      responses: (Responses) =>
        function FoldedResponses(props) {
          const [isOpen, setOpen] = useState(false)
          const count = props.responses.keySeq().count((status) => /^[45]/.test(status))
          const toggle = {className: 'errors-toggle', 'aria-expanded': isOpen, onClick: () => setOpen(!isOpen)}
          return createElement(
            'div',
            {className: isOpen ? undefined : 'errors-folded'},
            createElement(Responses, props),
            count > 0 && createElement('button', toggle, isOpen ? 'Hide the errors' : `Show the errors (${count})`),
          )
        },
    },
  }
}

/** Says in the banner who is logged in. */
function showCaller() {
  const value = ui.authSelectors.authorized().getIn([tokenName, 'value'])
  caller.hidden = value === undefined
  caller.previousElementSibling.hidden = value !== undefined
  if (value === undefined) return
  const login = JSON.parse(localStorage.getItem(loginKey) ?? '{}')
  const isOfLogin = login.username && value === authorizationOf(login.token)
  caller.querySelector('span').textContent = isOfLogin
    ? `Logged in as ${login.username}.`
    : 'A token is sent with every request.'
}

caller.querySelector('button').addEventListener('click', async () => {
  const {token} = JSON.parse(localStorage.getItem(loginKey) ?? '{}')
  const value = ui.authSelectors.authorized().getIn([tokenName, 'value'])
  localStorage.removeItem(loginKey)
  ui.authActions.logoutWithPersistOption([tokenName])
  // A token that was pasted may be in use elsewhere, and stays valid.
  if (token === undefined || value !== authorizationOf(token)) return
  const response = await fetch('../auth/logout/', {method: 'POST', headers: {authorization: value}})
  await response.text()
})

function isLogin(url) {
  return new URL(url, location.href).pathname.endsWith('/auth/login/')
}

/** The name in a body that is JSON or a form. */
function usernameIn(body) {
  if (typeof body !== 'string') return body?.get?.('username')
  return body.trimStart().startsWith('{') ? JSON.parse(body).username : new URLSearchParams(body).get('username')
}

/** The header for a token that is written with or without its keyword. */
function authorizationOf(token) {
  return `Token ${token.trim().replace(/^token\s+/i, '')}`
}

/** Does what the form under `Authorize` does. */
function authorize(token) {
  const schema = ui.specSelectors.securityDefinitions().get(tokenName)
  ui.authActions.authorizeWithPersistOption({
    [tokenName]: {name: tokenName, schema, value: authorizationOf(token)},
  })
}
