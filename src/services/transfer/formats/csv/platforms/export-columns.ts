/** Columns by which exports of other shops are known, in the spelling of `toColumn`. */
export const exportColumns = [
  ...['handle', 'url_handle', 'title', 'status', 'variant_sku', 'variant_price', 'variant_inventory_qty'],
  ...['option1_name', 'option1_value', 'inventory_quantity'],
  ...['type', 'sku', 'name', 'price', 'published', 'regular_price', 'sale_price', 'in_stock?', 'stock', 'parent'],
]
