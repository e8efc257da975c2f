// Product exports of other shops, with the columns and the oddities that theirs have.

/** Shopify until 2025: a draft, an archived product, variants with and without quantities, images, HTML over several lines. */
export const olderShopify = `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Condition,Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / United States,Price / International,Status
linen-shirt,Linen shirt,"<p>Made of ""real"" linen,
washed.</p>

<ul><li>warm; soft</li></ul>",Acme,Apparel,Shirts,"summer, linen",true,Size,S,,Colour,Sky blue,,,,,LS-S,210.0,shopify,12,deny,manual,49.00,59.00,true,true,,https://cdn.example/1.jpg,1,Front,false,,,,,kg,,21.50,true,,active
linen-shirt,,,,,,,,,M,,,Sky blue,,,,,LS-M,220.0,shopify,-3,continue,manual,49.00,,true,true,,https://cdn.example/2.jpg,2,,,,,,,kg,,21.50,,,
linen-shirt,,,,,,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example/3.jpg,3,,,,,,,,,,,,
mug,Mug,,Acme,,,,true,Title,Default Title,,,,,,,,'=MUG,300,,,deny,manual,8.5,,true,true,4006381333931,,,,false,,,,,g,,,true,,active
old-mug,Old mug,,Acme,,,,false,Title,Default Title,,,,,,,,,300,shopify,4,deny,manual,3.00,,true,true,,,,,false,,,,,g,,,true,,archived
poster,Poster,,Acme,,,,true,Title,Default Title,,,,,,,,POST,0,shopify,0,deny,manual,0.00,,true,true,,,,,false,,,,,g,,,true,,draft
`

/** Shopify's newer columns. */
export const newerShopify = `Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option2 Linked To,Option3 name,Option3 value,Option3 Linked To,Price,Compare-at price,Cost per item,Charge tax,Tax code,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,Variant image URL,Gift card,SEO title,SEO description
Linen shirt,linen-shirt,"<p>Two
lines</p>",Acme,Apparel,Shirts,linen,TRUE,Active,LS-S,,Size,S,,Colour,Sky blue,,,,,49.00,59.00,21.5,TRUE,,shopify,12,DENY,210,g,TRUE,manual,https://cdn.example/1.jpg,1,,,FALSE,,
,linen-shirt,,,,,,,,LS-M,,,M,,,Sky blue,,,,,49.00,,21.5,TRUE,,shopify,,DENY,220,g,TRUE,manual,,,,,,,
,linen-shirt,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example/3.jpg,2,,,,,
Gift card,gift-card,,Acme,,,,FALSE,Active,,,Title,Default Title,,,,,,,,25,,,FALSE,,,,,,,FALSE,gift_card,,,,,TRUE,,
`

/** WooCommerce: a parent that comes before its variations, drafts, a sale with and without dates, types without a place. */
export const woocommerce = `ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Is featured?,Visibility in catalog,Short description,Description,Date sale price starts,Date sale price ends,Tax status,Tax class,In stock?,Stock,Low stock amount,Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Width (cm),Height (cm),Allow customer reviews?,Purchase note,Sale price,Regular price,Categories,Tags,Shipping class,Images,Download limit,Download expiry days,Parent,Grouped products,Upsells,Cross-sells,External URL,Button text,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global,Attribute 2 name,Attribute 2 value(s),Attribute 2 visible,Attribute 2 global
10,variable,HOOD,,Hoodie,1,0,visible,"<b>Warm</b>
and soft",,,,taxable,,1,,,0,0,0.5,,,,1,,,,Clothing > Hoodies,,,https://x.example/h.jpg,,,,,,,,,0,Colour,"Blue, Green",1,1,Logo,"Yes, No",1,0
11,variation,HOOD-B,,"Hoodie - Blue, Yes",1,0,visible,,,,,taxable,parent,1,7,,0,0,,,,,0,,42,45,,,,,,,HOOD,,,,,,1,Colour,Blue,,1,Logo,Yes,,0
12,variation,HOOD-G,,Hoodie,1,0,visible,,,,,taxable,parent,0,parent,,0,0,,,,,0,,,45,,,,,,,HOOD,,,,,,2,Colour,Green,,1,Logo,No,,0
13,"simple, downloadable, virtual",ALBUM,,Album,'-1,0,visible,,,,,taxable,,1,,,0,1,,,,,1,,,15,Music,,,,1,1,,,,,,,0,,,,,,,,
14,simple,CAP,,Cap,1,1,visible,,,2026-01-01,2026-01-31,taxable,,1,'-2,,1,0,,,,,1,,16,18,,,,,,,,,,,,,0,Colour,Yellow,1,1,,,,
15,simple,BELT,,Belt,1,0,visible,,,,,taxable,,1,5,,0,0,,,,,1,,,,,,,,,,,,,,,,0,,,,,,,,
16,grouped,SET,,Set,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,,,,,,,,,"CAP, BELT",,,,,0,,,,,,,,
17,external,PEN,,Pennant,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,11,,,,,,,,,,,https://x.example,Buy,0,,,,,,,,
`
