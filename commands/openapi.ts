import {Flags} from '@oclif/core'
import type {oas31} from 'zod-openapi'

import {ShopCommand} from '../src/cli/base-command.ts'

export default class OpenApi extends ShopCommand {
  static override summary = 'Print the description of the HTTP API, as OpenAPI 3.1.'
  static override description =
    'Prints the document that a shop with the same environment serves at /openapi.json. Does not need a database.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> > openapi.json',
    '<%= config.bin %> <%= command.id %> --yaml',
  ]
  static override flags = {
    yaml: Flags.boolean({summary: 'YAML instead of JSON', exclusive: ['json']}),
  }

  async run(): Promise<oas31.OpenAPIObject> {
    const {flags} = await this.parse(OpenApi)
    const {basePath, orderItems, payments} = this.shopConfig()
    const [{describeApi}, {createResources}] = await Promise.all([
      import('../src/http/openapi/describe-api.ts'),
      import('../src/http/resources.ts'),
    ])
    const provider = payments.mode === 'none' ? undefined : payments.provider
    const document = describeApi(createResources({orderItems, provider}), basePath)
    if (flags.yaml) {
      const {stringify} = await import('yaml')
      this.log(stringify(document, {aliasDuplicateObjects: false}).trimEnd())
    } else if (!this.jsonEnabled()) this.logJson(document)
    return document
  }
}
