// Generated from the description of the API by `npm run client:generate`. Do not edit.

export type FieldErrors = string[] | FieldErrors[] | {
    [field: string]: FieldErrors;
};
export interface paths {
    "/healthcheck/heartbeat/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the server is running
         * @description Answers without using the database. All other methods give the same answer.
         */
        get: operations["checkHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthcheck/ready/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the server can take requests
         * @description Answers whether the database can be reached and has all migrations, and whether the server is shutting down. All requests of a second share one look at the database.
         */
        get: operations["checkReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Issues a new token. Tokens that the user already has stay valid.
         */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends the token of the request. Other tokens of the user stay valid.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the password
         * @description Sets a new password of at least 8 characters and at most 72 bytes in UTF-8. All other tokens of the user end; the token of the request stays valid. A wrong current password counts as a failed login.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/list/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the products that can be ordered
         * @description Sorted by name, or by relevance in a search, unless `ordering` is given. In a search with more than 10,000 matches, relevance is simpler: matches at the beginning of a word come first, and among these the shorter names. If you use `cursor` instead of `page` and follow `next`, you get each product exactly once, even if products are sold or renamed in the meantime.
         */
        get: operations["listProducts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a product
         * @description Returns the product in the same format as the product list.
         */
        get: operations["getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/basket/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the caller's basket
         * @description Shows current prices, what is held, and what would prevent a checkout. Reading a basket never extends a hold.
         */
        get: operations["getBasket"];
        put?: never;
        post?: never;
        /**
         * Empty the basket
         * @description Removes every item, and frees the stock that it held.
         */
        delete: operations["clearBasket"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/basket/items/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add products to the basket
         * @description Adds to the quantities that are in the basket: all of the items, or none if one of them cannot be added. Their stock is held for this basket, so that nobody else can buy it until `held_until`.
         */
        post: operations["addBasketItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/basket/items/{product_id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set how many of a product are in the basket
         * @description Puts the product in if it is not there. Its stock is held for this basket, so that nobody else can buy it until `held_until`. Setting the same quantity again extends the hold.
         */
        put: operations["setBasketItem"];
        post?: never;
        /**
         * Remove a product from the basket
         * @description Frees the stock that was held. It makes no difference if the product is not in the basket.
         */
        delete: operations["removeBasketItem"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/basket/hold/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold the stock of the basket for longer
         * @description Extends every hold. Units that are no longer held are held again if they are still in stock. The `problems` of an item say if some of it is not held. No hold lasts longer than its maximum.
         */
        post: operations["holdBasket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/basket/checkout/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Order everything in the basket
         * @description Places one order of all items or none, at the current prices. What the basket holds is sold, and if a hold has ended, what is in stock. The basket is empty afterwards.
         */
        post: operations["checkOutBasket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/create/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Place an order
         * @description Places the whole order or none of it. The stock is taken immediately, and the current prices apply. After that, the `payment_method` is charged.
         */
        put: operations["createOrder"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/order/create/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Place an order (old address)
         * @deprecated
         * @description A deprecated alias of `/orders/create/`, with the same behaviour.
         */
        put: operations["createOrderFormerly"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/history/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the caller's orders
         * @description The newest order comes first. An order whose payment failed is in the list, too: its `status` is `cancelled`, and its `payment_status` is `failed`.
         */
        get: operations["listOrders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/order/history/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the caller's orders (old address)
         * @deprecated
         * @description A deprecated alias of `/orders/history/`, with the same behaviour.
         */
        get: operations["listOrdersFormerly"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an order
         * @description Returns one of the caller's orders, in the same format as the order history.
         */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/cancel/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an order
         * @description Cancelling an order cannot be undone. Its stock returns to the stock pools that it came from. After `outcome_unknown`, repeat the request, and take `order_cancelled` for success. What was paid for it is refunded soon after. As long as the payment is not settled, the payment provider is asked first.
         */
        post: operations["cancelOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payment-methods/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the caller's payment methods
         * @description The shop knows no more of a card than this. The payment provider keeps the rest.
         */
        get: operations["listPaymentMethods"];
        put?: never;
        /**
         * Store a payment method
         * @description Stores the method of a setup that the user has finished. The first one becomes the default. Storing it again returns it, unless it was removed.
         */
        post: operations["addPaymentMethod"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payment-methods/setup/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to store a payment method
         * @description The client library of the payment provider collects the card with the `client_secret`, so that the shop never sees it. Then send the `setup` to `POST /payment-methods/`.
         */
        post: operations["setUpPaymentMethod"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payment-methods/{id}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a payment method
         * @description Payments that have begun with it go on. If it was the default, the latest of the others becomes the default.
         */
        delete: operations["removePaymentMethod"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/payment-methods/{id}/default/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make a payment method the default
         * @description Orders that name the method `default` are charged to it.
         */
        put: operations["setDefaultPaymentMethod"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/payment/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the payment of an order
         * @description As the shop knows it.
         */
        get: operations["getPayment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/payment/refresh/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask the payment provider about the payment of an order
         * @description For a buyer who has finished an action, and for any other payment that is `pending`: every few seconds, until it is not. A payment that is settled is not asked about. If the provider does not answer, or the caller has asked too often in this minute, the payment is answered as the shop knows it.
         */
        post: operations["refreshPayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{provider}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive an event of the payment provider
         * @description Called by the payment provider, whose signature takes the place of a token. The shop stores the event, and then asks the provider about the payment. The answer is the same whether or not the shop knows the payment, and how often the event was sent. The body has at most 256 kB and is not compressed.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this description
         * @description The OpenAPI 3.1 document, as `shop openapi` prints it.
         */
        get: operations["describeApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description The code of an active ISO 4217 currency.
         * @enum {string}
         */
        CurrencyCode: "AED" | "AFN" | "ALL" | "AMD" | "AOA" | "ARS" | "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BDT" | "BGN" | "BHD" | "BIF" | "BMD" | "BND" | "BOB" | "BOV" | "BRL" | "BSD" | "BTN" | "BWP" | "BYN" | "BZD" | "CAD" | "CDF" | "CHE" | "CHF" | "CHW" | "CLF" | "CLP" | "CNY" | "COP" | "COU" | "CRC" | "CUP" | "CVE" | "CZK" | "DJF" | "DKK" | "DOP" | "DZD" | "EGP" | "ERN" | "ETB" | "EUR" | "FJD" | "FKP" | "GBP" | "GEL" | "GHS" | "GIP" | "GMD" | "GNF" | "GTQ" | "GYD" | "HKD" | "HNL" | "HTG" | "HUF" | "IDR" | "ILS" | "INR" | "IQD" | "IRR" | "ISK" | "JMD" | "JOD" | "JPY" | "KES" | "KGS" | "KHR" | "KMF" | "KPW" | "KRW" | "KWD" | "KYD" | "KZT" | "LAK" | "LBP" | "LKR" | "LRD" | "LSL" | "LYD" | "MAD" | "MDL" | "MGA" | "MKD" | "MMK" | "MNT" | "MOP" | "MRU" | "MUR" | "MVR" | "MWK" | "MXN" | "MXV" | "MYR" | "MZN" | "NAD" | "NGN" | "NIO" | "NOK" | "NPR" | "NZD" | "OMR" | "PAB" | "PEN" | "PGK" | "PHP" | "PKR" | "PLN" | "PYG" | "QAR" | "RON" | "RSD" | "RUB" | "RWF" | "SAR" | "SBD" | "SCR" | "SDG" | "SEK" | "SGD" | "SHP" | "SLE" | "SOS" | "SRD" | "SSP" | "STN" | "SVC" | "SYP" | "SZL" | "THB" | "TJS" | "TMT" | "TND" | "TOP" | "TRY" | "TTD" | "TWD" | "TZS" | "UAH" | "UGX" | "USD" | "USN" | "UYI" | "UYU" | "UYW" | "UZS" | "VED" | "VES" | "VND" | "VUV" | "WST" | "XAD" | "XAF" | "XCD" | "XCG" | "XOF" | "XPF" | "YER" | "ZAR" | "ZMW" | "ZWG";
        Credentials: {
            username: string | number;
            password: string | number;
        };
        PasswordChange: {
            current_password: string | number;
            new_password: string | number;
        };
        NewBasketItems: {
            /** @description At least one item. */
            items: {
                /** @description The id of a product that can be ordered. Each product may appear only once. */
                product_id: number | string;
                /** @description At least 1. */
                quantity: number | string;
            }[];
        };
        BasketQuantity: {
            /** @description At least 1. */
            quantity: number | string;
        };
        NewCheckout: {
            /** @description The id of the basket that the caller means. If it was ordered already, the answer is its order. The default is the current basket. */
            basket?: number | string;
            /** @description The currency of the order. The default is the currency of the shop. */
            currency?: components["schemas"]["CurrencyCode"];
            /** @description The total that the buyer expects, in the currency of the order and with no more decimals than it has. The order is refused if the actual total differs. */
            expected_total?: string | number;
            /** @description The id of one of the caller's payment methods, or `default`. It is charged for the order. */
            payment_method?: "default" | (number | string);
            /**
             * Format: uri
             * @description Where the payment provider sends the buyer after an action, such as a confirmation with the bank.
             */
            return_url?: string;
        };
        NewOrder: {
            /** @description At least one item. */
            items: {
                /** @description The id of a product that can be ordered. Each product may appear only once. */
                product_id: number | string;
                /** @description At least 1. */
                quantity: number | string;
            }[];
            /** @description The currency of the order. The default is the currency of the shop. */
            currency?: components["schemas"]["CurrencyCode"];
            /** @description The total that the buyer expects, in the currency of the order and with no more decimals than it has. The order is refused if the actual total differs. */
            expected_total?: string | number;
            /** @description The id of one of the caller's payment methods, or `default`. It is charged for the order. */
            payment_method?: "default" | (number | string);
            /**
             * Format: uri
             * @description Where the payment provider sends the buyer after an action, such as a confirmation with the bank.
             */
            return_url?: string;
        };
        NewPaymentMethod: {
            /** @description From `POST /payment-methods/setup/`. */
            setup: string | number;
        };
        NewPaymentSetup: Record<string, never>;
        /** @description The Accept header allows neither JSON nor HTML. */
        NotAcceptableProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 406;
            detail: string;
            /** @constant */
            code: "not_acceptable";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description An unexpected error occurred. */
        InternalErrorProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 500;
            detail: string;
            /** @constant */
            code: "internal_error";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The database is away, or cannot serve the request at the moment. */
        DatabaseUnavailableProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "database_unavailable";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The database lacks migrations of this version of the shop. */
        SchemaOutdatedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "schema_outdated";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The server is shutting down. It still serves other requests for a while. */
        ShuttingDownProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "shutting_down";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        Login: {
            /** @description Send it as `Authorization: Token <token>`. */
            token: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            expires_at: string;
        };
        /** @description The request is not valid HTTP. */
        BadRequestProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "bad_request";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors. */
        InvalidProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        } & {
            [key: string]: unknown;
        };
        /** @description Messages about a value, as a list; about items of a list, by position; or about members of an object, by key. */
        FieldErrors: FieldErrors;
        /** @description The client disconnected before its password was checked, so only the log has this answer. */
        LoginAbandonedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "login_abandoned";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The user is unknown or inactive, or the password is wrong. The answer does not say which. */
        LoginFailedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "login_failed";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            non_field_errors: string[];
        };
        /** @description The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields. */
        ParseErrorProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "parse_error";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The token is unknown, expired or malformed. */
        InvalidTokenProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 401;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid_token";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The user that the token belongs to is not active. */
        UserInactiveProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 401;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "user_inactive";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
        BodyTooLargeProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 413;
            detail: string;
            /** @constant */
            code: "body_too_large";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The body is neither JSON nor a form, or its charset or encoding is not supported. */
        UnsupportedMediaTypeProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 415;
            detail: string;
            /** @constant */
            code: "unsupported_media_type";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description Too many logins failed in the last hour: of the account, or from the address of the client. The password was not checked. The answer does not say which, nor whether the user exists. `Retry-After` says when the next login may be tried. */
        LoginLimitedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 429;
            detail: string;
            /** @constant */
            code: "login_limited";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description Too many logins are waiting for their passwords to be checked. */
        LoginBusyProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "login_busy";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The request has no token. */
        NotAuthenticatedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 401;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "not_authenticated";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The token expired or was revoked, or its user was deactivated, while the request waited. */
        TokenEndedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 401;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "token_ended";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The current password is wrong. Nothing was changed. */
        WrongPasswordProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "wrong_password";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            current_password: string[];
        };
        ProductPage: {
            /** @description The number of products on all pages together. A search counts up to 10,000 of them; if more match, `more_than_count` says so, and numbered pages end there, but following cursors leads to all of them. */
            count: number;
            /** @description The address of the next page, with the other parameters of this request. */
            next: string | null;
            /** @description The address of the previous page. */
            previous: string | null;
            results: components["schemas"]["Product"][];
            /**
             * @description True if more products match than `count`; missing otherwise.
             * @constant
             */
            more_than_count?: true;
        };
        /** @description A product that can be ordered. */
        Product: {
            id: number;
            name: string;
            /** @description How many units anybody can buy, over all stock pools. What baskets hold is not counted. */
            quantity_in_stock: number;
            /**
             * @description An amount with the decimals of its currency.
             * @example 4.25
             */
            price: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
        };
        /** @description The shop did not issue this cursor, or issued it for another list. */
        InvalidCursorProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid_cursor";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            cursor: string[];
        };
        /** @description The list has no such page. */
        InvalidPageProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /** @constant */
            code: "invalid_page";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The path does not exist. Ids consist of digits only. */
        NotFoundProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "not_found";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The product does not exist, or it cannot be ordered. */
        UnknownProductProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unknown_product";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            /** @description The product, or the first one that is unknown. Missing if the id is beyond the safe integers. */
            product_id?: number;
        };
        /** @description What a user is about to order. Its stock is held for some minutes. */
        Basket: {
            /** @description Null if the user has put nothing into a basket since the last order. */
            id: number | null;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
            items: components["schemas"]["BasketItem"][];
            /**
             * @description The sum of the line totals. Items without a price count nothing.
             * @example 8.50
             */
            total: string;
            /** @description The earliest `held_until` of the items. Null if none is held. Compare it with the `Date` of the answer, not with the clock of the device. */
            held_until: string | null;
            /** @description Whether a checkout would succeed as things are. */
            can_checkout: boolean;
            /**
             * @description Changes with every change of the basket, but not as time passes. The `ETag` is made from it.
             * @example 1-3
             */
            version: string;
        };
        BasketItem: {
            product_id: number;
            /** @description The name of the product. */
            name: string;
            quantity: number;
            /** @description The current price of a single unit. Null if the product has no price in the currency of the basket. */
            price: string | null;
            /** @description The price times the quantity. Null without a price. */
            line_total: string | null;
            /** @description How many units nobody else can buy. */
            held: number;
            /** @description When the first held units are free again. Null if none is held. */
            held_until: string | null;
            /** @description What the buyer should know about the line. `out_of_stock`, `quantity_limit` and `unavailable` prevent a checkout. */
            problems: ({
                /** @constant */
                code: "not_held";
            } | {
                /** @constant */
                code: "out_of_stock";
                available: number;
            } | {
                /** @constant */
                code: "price_changed";
                /**
                 * @description An amount with the decimals of its currency.
                 * @example 4.25
                 */
                was: string;
            } | {
                /** @constant */
                code: "quantity_limit";
                max: number;
            } | {
                /** @constant */
                code: "unavailable";
            })[];
        };
        /** @description The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed. */
        OrderAbandonedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "order_abandoned";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The basket is being paid and cannot be changed. */
        BasketLockedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "basket_locked";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The basket has another version than If-Match names. Nothing was changed. */
        BasketChangedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 412;
            detail: string;
            /** @constant */
            code: "basket_changed";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket. */
        OutcomeUnknownProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "outcome_unknown";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description Another session has locked one of the products. Nothing was ordered or changed. */
        StockLockedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "stock_locked";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The basket would have too many products. Nothing was changed. */
        BasketFullProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "basket_full";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The Idempotency-Key is empty or too long. */
        InvalidIdempotencyKeyProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid_idempotency_key";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no items; or the basket is empty, or has a product without a price in the currency. */
        InvalidOrderProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid_order";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            /** @description The errors of each item, by its position. An item without errors has an empty object. */
            items?: {
                [key: string]: string[];
            }[];
            /** @description The errors of the order as a whole. */
            non_field_errors?: string[];
        };
        /** @description The order, or the basket, asks for more than is in stock. Nothing was ordered or changed. */
        OutOfStockProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "out_of_stock";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            message: string;
            shortages: components["schemas"]["Shortage"][];
        };
        Shortage: {
            product_id: number;
            requested: number;
            available: number;
        };
        /** @description The Idempotency-Key was already used for a different order, or a different addition to a basket. */
        IdempotencyKeyReusedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 422;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "idempotency_key_reused";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The order, or the basket, asks for more of a product than one order may have. Nothing was changed. */
        QuantityLimitProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 422;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "quantity_limit";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            product_id: number;
            /** @description The most units that one order may have. */
            max: number;
        };
        /** @description The user asked for stock to be held too often in this minute, or every hold lasts as long as it may. `Retry-After` says when the next minute begins, or the first hold expires, so that its units can be held again if they are free. */
        HoldLimitProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 429;
            detail: string;
            /** @constant */
            code: "hold_limit";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description Too many orders and changes of baskets are waiting. Nothing was ordered or changed. */
        CheckoutBusyProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "checkout_busy";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        PlacedOrder: {
            order_id: number;
            /** @constant */
            message: "Successfully created order";
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            created_at: string;
            /**
             * @description An amount in the currency of the order, with its decimals.
             * @example 4.25
             */
            total_price: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
            /**
             * @description How far the payment of the order is. `none`: it is not paid through the shop. `pending`: the payment provider may still decide either way. `authorized`: the money is reserved. `failed`: the order is cancelled.
             * @enum {string}
             */
            payment_status?: "none" | "pending" | "authorized" | "paid" | "partially_refunded" | "refunded" | "failed";
            /** @description Null if the buyer need not do anything. */
            next_action?: components["schemas"]["NextAction"] | null;
        };
        /** @description What the buyer must do before the payment goes on: open the `url`, or let the client library of the payment provider handle the `client_secret`. */
        NextAction: {
            /** @constant */
            type: "redirect";
            /** Format: uri */
            url: string;
        } | {
            /** @constant */
            type: "client_secret";
            client_secret: string;
        };
        /** @description The body contains what looks like a card number, which must be given to the payment provider only. */
        CardNumberProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "card_number";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The payment provider cannot charge the total of the order. Nothing was ordered. */
        UnpayableProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unpayable";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The payment was declined. Nothing was ordered, and the basket holds its items as before. */
        PaymentDeclinedProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 402;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_declined";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            decline_code: string;
        };
        /** @description The order must be paid, and the request names no payment method. Nothing was ordered. */
        PaymentRequiredProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 402;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_required";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The basket does not exist, or it belongs to another user. */
        UnknownBasketProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unknown_basket";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The payment method does not exist, or it belongs to another user. Nothing was ordered or changed. */
        UnknownPaymentMethodProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unknown_payment_method";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The total of the order differs from its expected_total. Nothing was ordered. */
        TotalMismatchProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "total_mismatch";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
            /** @description The total that the buyer expected. */
            expected_total: string;
            /** @description The actual total. */
            total_price: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
        };
        /** @description The payment provider cannot be reached. Nothing was ordered or stored. */
        PaymentUnavailableProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 503;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_unavailable";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        OrderPage: {
            /** @description The number of items on all pages together. */
            count: number;
            /** @description The address of the next page, with the other parameters of this request. */
            next: string | null;
            /** @description The address of the previous page. */
            previous: string | null;
            results: components["schemas"]["Order"][];
        };
        Order: {
            id: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            created_at: string;
            /** @enum {string} */
            status: "placed" | "cancelled";
            /**
             * @description An amount in the currency of the order, with its decimals.
             * @example 4.25
             */
            total_price: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
            items: components["schemas"]["OrderLine"][];
            /**
             * @description How far the payment of the order is. `none`: it is not paid through the shop. `pending`: the payment provider may still decide either way. `authorized`: the money is reserved. `failed`: the order is cancelled.
             * @enum {string}
             */
            payment_status?: "none" | "pending" | "authorized" | "paid" | "partially_refunded" | "refunded" | "failed";
        };
        OrderLine: {
            product_id: number;
            /** @description The name of the product. */
            product: string;
            /**
             * @description The price of a single unit when the order was placed.
             * @example 4.25
             */
            product_price: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
            quantity: number;
        };
        /** @description The order does not exist, or it belongs to another user. */
        UnknownOrderProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unknown_order";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The order is already cancelled. */
        OrderCancelledProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "order_cancelled";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The payment of the order is not settled. The order is cancelled as soon as the payment provider has answered. */
        PaymentPendingProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_pending";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        PaymentMethods: {
            /** @description The oldest comes first. */
            results: components["schemas"]["PaymentMethod"][];
        };
        /** @description A payment method that the payment provider keeps for the caller. */
        PaymentMethod: {
            id: number;
            /** @description Such as `visa`; `unknown` if the payment provider does not say. */
            brand: string;
            /**
             * @description The last four digits of the card.
             * @example 4242
             */
            last4: string | null;
            expiry: {
                month: number;
                year: number;
            } | null;
            is_default: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            created_at: string;
        };
        /** @description The setup of a payment method does not exist, it belongs to another user, or its method was removed. */
        UnknownPaymentSetupProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /** @constant */
            code: "unknown_payment_setup";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The user has as many payment methods as one may have. */
        PaymentMethodLimitProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_method_limit";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The user has not finished the setup of the payment method with the payment provider. */
        PaymentSetupIncompleteProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 409;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "payment_setup_incomplete";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The user asked the payment provider too often in this minute. `Retry-After` says when the next minute begins. */
        PaymentLimitProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 429;
            detail: string;
            /** @constant */
            code: "payment_limit";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        PaymentSetup: {
            /** @description For `POST /payment-methods/`, after the user has finished. */
            setup: string;
            /** @description For the client library of the payment provider. */
            client_secret: string;
        };
        Payment: {
            order_id: number;
            /**
             * @description How far the payment of the order is. `none`: it is not paid through the shop. `pending`: the payment provider may still decide either way. `authorized`: the money is reserved. `failed`: the order is cancelled.
             * @enum {string}
             */
            payment_status: "none" | "pending" | "authorized" | "paid" | "partially_refunded" | "refunded" | "failed";
            /**
             * @description The same in more detail. `mismatch`: the provider charged something else, and an operator decides.
             * @enum {string}
             */
            state: "created" | "submitted" | "requires_action" | "processing" | "unknown" | "authorized" | "captured" | "partially_refunded" | "refunded" | "declined" | "cancelled" | "mismatch";
            /**
             * @description What is to be paid.
             * @example 4.25
             */
            amount: string;
            /**
             * @description What was charged.
             * @example 4.25
             */
            captured: string;
            /**
             * @description How much of that was given back.
             * @example 4.25
             */
            refunded: string;
            /**
             * @description An ISO 4217 code.
             * @example USD
             */
            currency: string;
            /** @description The method that is charged. It may have been removed since. */
            method: {
                /** @description Such as `visa`; `unknown` if the payment provider does not say. */
                brand: string;
                /**
                 * @description The last four digits of the card.
                 * @example 4242
                 */
                last4: string | null;
            };
            /** @description The payment provider's code, if the payment was declined. */
            decline_code: string | null;
            /** @description Null if the buyer need not do anything. */
            next_action: components["schemas"]["NextAction"] | null;
            /** @description When an action that nobody finished is given up. */
            due_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            updated_at: string;
            /** @description The oldest comes first. */
            refunds: components["schemas"]["Refund"][];
        };
        Refund: {
            id: number;
            /**
             * @description An amount in the currency of the order, with its decimals.
             * @example 4.25
             */
            amount: string;
            /** @enum {string} */
            state: "requested" | "submitted" | "pending" | "succeeded" | "failed";
            /** @description The payment provider's code, if it refused the refund. */
            failure: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC with microseconds.
             */
            created_at: string;
        };
        /** @description The order has no payment. */
        UnknownPaymentProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 404;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unknown_payment";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
        /** @description The payment provider did not sign the body, or did so too long ago. */
        InvalidSignatureProblem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** @constant */
            status: 400;
            detail: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "invalid_signature";
            /** @description The id of the request, as in `X-Request-Id`. */
            request_id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    checkHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server is running. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    checkReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server can take requests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `schema_outdated`: The database lacks migrations of this version of the shop.
             *
             *     `shutting_down`: The server is shutting down. It still serves other requests for a while.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["SchemaOutdatedProblem"] | components["schemas"]["ShuttingDownProblem"];
                };
            };
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
                "application/x-www-form-urlencoded": components["schemas"]["Credentials"];
                "multipart/form-data": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description The token and when it expires. */
            200: {
                headers: {
                    "Cache-Control": "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `login_abandoned`: The client disconnected before its password was checked, so only the log has this answer.
             *
             *     `login_failed`: The user is unknown or inactive, or the password is wrong. The answer does not say which.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["LoginAbandonedProblem"] | components["schemas"]["LoginFailedProblem"] | components["schemas"]["ParseErrorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `login_limited`: Too many logins failed in the last hour: of the account, or from the address of the client. The password was not checked. The answer does not say which, nor whether the user exists. `Retry-After` says when the next login may be tried. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["LoginLimitedProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `login_busy`: Too many logins are waiting for their passwords to be checked.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["LoginBusyProblem"];
                };
            };
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token is no longer valid. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
                "application/x-www-form-urlencoded": components["schemas"]["PasswordChange"];
                "multipart/form-data": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The password was changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `login_abandoned`: The client disconnected before its password was checked, so only the log has this answer.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             *
             *     `wrong_password`: The current password is wrong. Nothing was changed.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["LoginAbandonedProblem"] | components["schemas"]["ParseErrorProblem"] | components["schemas"]["WrongPasswordProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `login_limited`: Too many logins failed in the last hour: of the account, or from the address of the client. The password was not checked. The answer does not say which, nor whether the user exists. `Retry-After` says when the next login may be tried. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["LoginLimitedProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `login_busy`: Too many logins are waiting for their passwords to be checked.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["LoginBusyProblem"];
                };
            };
        };
    };
    listProducts: {
        parameters: {
            query?: {
                /** @description The number of items per page. */
                page_size?: number | "";
                /** @description The currency of the prices; products without a price in it are left out. The default is the currency of the shop. */
                currency?: string | components["schemas"]["CurrencyCode"] | "";
                /** @description A leading `-` sorts in descending order. */
                ordering?: string | ("name" | "-name" | "price" | "-price" | "id" | "-id") | "";
                /** @description Words, or parts of words, that the name must contain. Case and accents are ignored. */
                search?: string;
                /** @description Use it instead of `page`: start with an empty cursor, then follow `next` and `previous`. */
                cursor?: string;
                /** @description The number of the page, starting at 1, or `last`. */
                page?: string;
            };
            header?: {
                /** @description The `ETag` of a response that the client already has. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of products. */
            200: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductPage"];
                };
            };
            /** @description The client already has this version of the response. */
            304: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `invalid_cursor`: The shop did not issue this cursor, or issued it for another list.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["InvalidCursorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `invalid_page`: The list has no such page. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidPageProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    getProduct: {
        parameters: {
            query?: {
                /** @description The currency of the prices; products without a price in it are left out. The default is the currency of the shop. */
                currency?: string | components["schemas"]["CurrencyCode"] | "";
            };
            header?: {
                /** @description The `ETag` of a response that the client already has. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product. */
            200: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description The client already has this version of the response. */
            304: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_product`: The product does not exist, or it cannot be ordered.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownProductProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    getBasket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The basket. It is empty if there is none. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    clearBasket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The empty basket. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /** @description `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OrderAbandonedProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `basket_locked`: The basket is being paid and cannot be changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    addBasketItems: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
                /** @description An addition that is sent several times with the same key is made only once; each answer is the basket as it is by then. Use a new key, such as a UUID, for each addition. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBasketItems"];
                "application/x-www-form-urlencoded": {
                    [key: string]: (number | string) | (number | string);
                };
                "multipart/form-data": {
                    [key: string]: (number | string) | (number | string);
                };
            };
        };
        responses: {
            /** @description The basket afterwards. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    /** @description Present if an earlier request with the same Idempotency-Key made the addition. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `basket_full`: The basket would have too many products. Nothing was changed.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `invalid_idempotency_key`: The Idempotency-Key is empty or too long.
             *
             *     `invalid_order`: The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no items; or the basket is empty, or has a product without a price in the currency.
             *
             *     `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed.
             *
             *     `out_of_stock`: The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["BasketFullProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["InvalidIdempotencyKeyProblem"] | components["schemas"]["InvalidOrderProblem"] | components["schemas"]["OrderAbandonedProblem"] | components["schemas"]["OutOfStockProblem"] | components["schemas"]["ParseErrorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `unknown_product`: The product does not exist, or it cannot be ordered. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownProductProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `basket_locked`: The basket is being paid and cannot be changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /**
             * @description `idempotency_key_reused`: The Idempotency-Key was already used for a different order, or a different addition to a basket.
             *
             *     `quantity_limit`: The order, or the basket, asks for more of a product than one order may have. Nothing was changed.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdempotencyKeyReusedProblem"] | components["schemas"]["QuantityLimitProblem"];
                };
            };
            /** @description `hold_limit`: The user asked for stock to be held too often in this minute, or every hold lasts as long as it may. `Retry-After` says when the next minute begins, or the first hold expires, so that its units can be held again if they are free. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HoldLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    setBasketItem: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
            };
            path: {
                product_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BasketQuantity"];
                "application/x-www-form-urlencoded": components["schemas"]["BasketQuantity"];
                "multipart/form-data": components["schemas"]["BasketQuantity"];
            };
        };
        responses: {
            /** @description The basket afterwards. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `basket_full`: The basket would have too many products. Nothing was changed.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed.
             *
             *     `out_of_stock`: The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["BasketFullProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["OrderAbandonedProblem"] | components["schemas"]["OutOfStockProblem"] | components["schemas"]["ParseErrorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_product`: The product does not exist, or it cannot be ordered.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownProductProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `basket_locked`: The basket is being paid and cannot be changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `quantity_limit`: The order, or the basket, asks for more of a product than one order may have. Nothing was changed. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["QuantityLimitProblem"];
                };
            };
            /** @description `hold_limit`: The user asked for stock to be held too often in this minute, or every hold lasts as long as it may. `Retry-After` says when the next minute begins, or the first hold expires, so that its units can be held again if they are free. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HoldLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    removeBasketItem: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
            };
            path: {
                product_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The basket afterwards. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /** @description `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OrderAbandonedProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_product`: The product does not exist, or it cannot be ordered.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownProductProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `basket_locked`: The basket is being paid and cannot be changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    holdBasket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The basket afterwards. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description The `version` of the basket in quotes, for `If-Match`. */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Basket"];
                };
            };
            /** @description `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OrderAbandonedProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `basket_locked`: The basket is being paid and cannot be changed. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `hold_limit`: The user asked for stock to be held too often in this minute, or every hold lasts as long as it may. `Retry-After` says when the next minute begins, or the first hold expires, so that its units can be held again if they are free. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HoldLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    checkOutBasket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the basket that the client has seen, or several, or `*`. If the basket has changed since, the request is refused. */
                "If-Match"?: string;
                /** @description A checkout that is sent several times with the same key places only one order. Use a new key, such as a UUID, for each checkout, or name the `basket`. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewCheckout"];
                "application/x-www-form-urlencoded": {
                    basket?: (number | string) | "";
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                };
                "multipart/form-data": {
                    basket?: (number | string) | "";
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                };
            };
        };
        responses: {
            /** @description The basket was ordered, by this request or by an earlier one. `payment_status` and `next_action` tell how the payment is. If it is `pending`, let the buyer do the `next_action`; if that is null, the provider has not decided, or an earlier request is still being charged. Then ask `POST /orders/{id}/payment/refresh/` every few seconds until the payment is no longer `pending`. If it fails, the order is cancelled. */
            201: {
                headers: {
                    /** @description Present if an earlier request with the same Idempotency-Key, or for the same basket, placed the order. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacedOrder"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `card_number`: The body contains what looks like a card number, which must be given to the payment provider only.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `invalid_idempotency_key`: The Idempotency-Key is empty or too long.
             *
             *     `invalid_order`: The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no items; or the basket is empty, or has a product without a price in the currency.
             *
             *     `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed.
             *
             *     `out_of_stock`: The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             *
             *     `unpayable`: The payment provider cannot charge the total of the order. Nothing was ordered.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["CardNumberProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["InvalidIdempotencyKeyProblem"] | components["schemas"]["InvalidOrderProblem"] | components["schemas"]["OrderAbandonedProblem"] | components["schemas"]["OutOfStockProblem"] | components["schemas"]["ParseErrorProblem"] | components["schemas"]["UnpayableProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `payment_declined`: The payment was declined. Nothing was ordered, and the basket holds its items as before.
             *
             *     `payment_required`: The order must be paid, and the request names no payment method. Nothing was ordered.
             */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentDeclinedProblem"] | components["schemas"]["PaymentRequiredProblem"];
                };
            };
            /**
             * @description `unknown_basket`: The basket does not exist, or it belongs to another user.
             *
             *     `unknown_payment_method`: The payment method does not exist, or it belongs to another user. Nothing was ordered or changed.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownBasketProblem"] | components["schemas"]["UnknownPaymentMethodProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /**
             * @description `basket_locked`: The basket is being paid and cannot be changed.
             *
             *     `total_mismatch`: The total of the order differs from its expected_total. Nothing was ordered.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketLockedProblem"] | components["schemas"]["TotalMismatchProblem"];
                };
            };
            /** @description `basket_changed`: The basket has another version than If-Match names. Nothing was changed. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BasketChangedProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /**
             * @description `idempotency_key_reused`: The Idempotency-Key was already used for a different order, or a different addition to a basket.
             *
             *     `quantity_limit`: The order, or the basket, asks for more of a product than one order may have. Nothing was changed.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdempotencyKeyReusedProblem"] | components["schemas"]["QuantityLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `payment_unavailable`: The payment provider cannot be reached. Nothing was ordered or stored.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["PaymentUnavailableProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    createOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description An order that is sent several times with the same key is placed only once. Use a new key, such as a UUID, for each order. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
                "application/x-www-form-urlencoded": {
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                } & {
                    [key: string]: (number | string) | (number | string);
                };
                "multipart/form-data": {
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                } & {
                    [key: string]: (number | string) | (number | string);
                };
            };
        };
        responses: {
            /** @description The order was placed, by this request or by an earlier one with the same Idempotency-Key. `payment_status` and `next_action` tell how the payment is. If it is `pending`, let the buyer do the `next_action`; if that is null, the provider has not decided, or an earlier request is still being charged. Then ask `POST /orders/{id}/payment/refresh/` every few seconds until the payment is no longer `pending`. If it fails, the order is cancelled. */
            201: {
                headers: {
                    /** @description Present if an earlier request with the same Idempotency-Key placed the order. */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacedOrder"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `card_number`: The body contains what looks like a card number, which must be given to the payment provider only.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `invalid_idempotency_key`: The Idempotency-Key is empty or too long.
             *
             *     `invalid_order`: The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no items; or the basket is empty, or has a product without a price in the currency.
             *
             *     `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed.
             *
             *     `out_of_stock`: The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             *
             *     `unpayable`: The payment provider cannot charge the total of the order. Nothing was ordered.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["CardNumberProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["InvalidIdempotencyKeyProblem"] | components["schemas"]["InvalidOrderProblem"] | components["schemas"]["OrderAbandonedProblem"] | components["schemas"]["OutOfStockProblem"] | components["schemas"]["ParseErrorProblem"] | components["schemas"]["UnpayableProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `payment_declined`: The payment was declined. Nothing was ordered, and the basket holds its items as before.
             *
             *     `payment_required`: The order must be paid, and the request names no payment method. Nothing was ordered.
             */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentDeclinedProblem"] | components["schemas"]["PaymentRequiredProblem"];
                };
            };
            /** @description `unknown_payment_method`: The payment method does not exist, or it belongs to another user. Nothing was ordered or changed. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownPaymentMethodProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `total_mismatch`: The total of the order differs from its expected_total. Nothing was ordered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TotalMismatchProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /**
             * @description `idempotency_key_reused`: The Idempotency-Key was already used for a different order, or a different addition to a basket.
             *
             *     `quantity_limit`: The order, or the basket, asks for more of a product than one order may have. Nothing was changed.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdempotencyKeyReusedProblem"] | components["schemas"]["QuantityLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `payment_unavailable`: The payment provider cannot be reached. Nothing was ordered or stored.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["PaymentUnavailableProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    createOrderFormerly: {
        parameters: {
            query?: never;
            header?: {
                /** @description An order that is sent several times with the same key is placed only once. Use a new key, such as a UUID, for each order. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
                "application/x-www-form-urlencoded": {
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                } & {
                    [key: string]: (number | string) | (number | string);
                };
                "multipart/form-data": {
                    currency?: components["schemas"]["CurrencyCode"] | "";
                    expected_total?: string | "";
                    payment_method?: "default" | (number | string) | "";
                    return_url?: string | "";
                } & {
                    [key: string]: (number | string) | (number | string);
                };
            };
        };
        responses: {
            /** @description The order was placed, by this request or by an earlier one with the same Idempotency-Key. `payment_status` and `next_action` tell how the payment is. If it is `pending`, let the buyer do the `next_action`; if that is null, the provider has not decided, or an earlier request is still being charged. Then ask `POST /orders/{id}/payment/refresh/` every few seconds until the payment is no longer `pending`. If it fails, the order is cancelled. */
            201: {
                headers: {
                    /** @description Present if an earlier request with the same Idempotency-Key placed the order. */
                    "Idempotent-Replayed"?: "true";
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacedOrder"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `card_number`: The body contains what looks like a card number, which must be given to the payment provider only.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `invalid_idempotency_key`: The Idempotency-Key is empty or too long.
             *
             *     `invalid_order`: The order, or the addition to a basket, has an unknown product, a quantity below 1, the same product twice, or no items; or the basket is empty, or has a product without a price in the currency.
             *
             *     `order_abandoned`: The client disconnected before its order, or its change of a basket, was decided, so only the log has this answer. Nothing was ordered or changed.
             *
             *     `out_of_stock`: The order, or the basket, asks for more than is in stock. Nothing was ordered or changed.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             *
             *     `unpayable`: The payment provider cannot charge the total of the order. Nothing was ordered.
             */
            400: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["CardNumberProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["InvalidIdempotencyKeyProblem"] | components["schemas"]["InvalidOrderProblem"] | components["schemas"]["OrderAbandonedProblem"] | components["schemas"]["OutOfStockProblem"] | components["schemas"]["ParseErrorProblem"] | components["schemas"]["UnpayableProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `token_ended`: The token expired or was revoked, or its user was deactivated, while the request waited.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["TokenEndedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `payment_declined`: The payment was declined. Nothing was ordered, and the basket holds its items as before.
             *
             *     `payment_required`: The order must be paid, and the request names no payment method. Nothing was ordered.
             */
            402: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentDeclinedProblem"] | components["schemas"]["PaymentRequiredProblem"];
                };
            };
            /** @description `unknown_payment_method`: The payment method does not exist, or it belongs to another user. Nothing was ordered or changed. */
            404: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownPaymentMethodProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `total_mismatch`: The total of the order differs from its expected_total. Nothing was ordered. */
            409: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TotalMismatchProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /**
             * @description `idempotency_key_reused`: The Idempotency-Key was already used for a different order, or a different addition to a basket.
             *
             *     `quantity_limit`: The order, or the basket, asks for more of a product than one order may have. Nothing was changed.
             */
            422: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdempotencyKeyReusedProblem"] | components["schemas"]["QuantityLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `checkout_busy`: Too many orders and changes of baskets are waiting. Nothing was ordered or changed.
             *
             *     `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             *
             *     `payment_unavailable`: The payment provider cannot be reached. Nothing was ordered or stored.
             *
             *     `stock_locked`: Another session has locked one of the products. Nothing was ordered or changed.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CheckoutBusyProblem"] | components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"] | components["schemas"]["PaymentUnavailableProblem"] | components["schemas"]["StockLockedProblem"];
                };
            };
        };
    };
    listOrders: {
        parameters: {
            query?: {
                /** @description The number of the page, starting at 1, or `last`. */
                page?: string;
                /** @description The number of items per page. */
                page_size?: number | "";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `invalid_page`: The list has no such page. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidPageProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    listOrdersFormerly: {
        parameters: {
            query?: {
                /** @description The number of the page, starting at 1, or `last`. */
                page?: string;
                /** @description The number of items per page. */
                page_size?: number | "";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             */
            400: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `invalid_page`: The list has no such page. */
            404: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidPageProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    /** @description When the address became deprecated, in the format of RFC 9745. */
                    Deprecation: "@1795478400";
                    /** @description The address that replaced it. */
                    Link: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_order`: The order does not exist, or it belongs to another user.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownOrderProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    cancelOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cancelled order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_order`: The order does not exist, or it belongs to another user.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownOrderProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /**
             * @description `order_cancelled`: The order is already cancelled.
             *
             *     `payment_pending`: The payment of the order is not settled. The order is cancelled as soon as the payment provider has answered.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["OrderCancelledProblem"] | components["schemas"]["PaymentPendingProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `outcome_unknown`: The shop lost its database connection while it committed the order, its cancellation, or the change of a basket. Repeat the request with the same Idempotency-Key, or read the order or the basket.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["OutcomeUnknownProblem"];
                };
            };
        };
    };
    listPaymentMethods: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentMethods"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    addPaymentMethod: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPaymentMethod"];
                "application/x-www-form-urlencoded": components["schemas"]["NewPaymentMethod"];
                "multipart/form-data": components["schemas"]["NewPaymentMethod"];
            };
        };
        responses: {
            /** @description The method is stored. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentMethod"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `card_number`: The body contains what looks like a card number, which must be given to the payment provider only.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["CardNumberProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["ParseErrorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `unknown_payment_setup`: The setup of a payment method does not exist, it belongs to another user, or its method was removed. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnknownPaymentSetupProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /**
             * @description `payment_method_limit`: The user has as many payment methods as one may have.
             *
             *     `payment_setup_incomplete`: The user has not finished the setup of the payment method with the payment provider.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentMethodLimitProblem"] | components["schemas"]["PaymentSetupIncompleteProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `payment_limit`: The user asked the payment provider too often in this minute. `Retry-After` says when the next minute begins. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `payment_unavailable`: The payment provider cannot be reached. Nothing was ordered or stored.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["PaymentUnavailableProblem"];
                };
            };
        };
    };
    setUpPaymentMethod: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewPaymentSetup"];
                "application/x-www-form-urlencoded": components["schemas"]["NewPaymentSetup"];
                "multipart/form-data": components["schemas"]["NewPaymentSetup"];
            };
        };
        responses: {
            /** @description The setup has begun. */
            201: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentSetup"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `card_number`: The body contains what looks like a card number, which must be given to the payment provider only.
             *
             *     `invalid`: A field of the body, or a parameter, is missing or not valid. A member with its name lists the errors.
             *
             *     `parse_error`: The body does not match its Content-Type; or it is nested more than 100 levels deep, has more than 1000 different keys, 70,000 commas or 70,000 lists and objects, or as a form more than 1000 fields.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["CardNumberProblem"] | components["schemas"]["InvalidProblem"] | components["schemas"]["ParseErrorProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `payment_limit`: The user asked the payment provider too often in this minute. `Retry-After` says when the next minute begins. */
            429: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PaymentLimitProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /**
             * @description `database_unavailable`: The database is away, or cannot serve the request at the moment.
             *
             *     `payment_unavailable`: The payment provider cannot be reached. Nothing was ordered or stored.
             */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"] | components["schemas"]["PaymentUnavailableProblem"];
                };
            };
        };
    };
    removePaymentMethod: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The methods that are left. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentMethods"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_payment_method`: The payment method does not exist, or it belongs to another user. Nothing was ordered or changed.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownPaymentMethodProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    setDefaultPaymentMethod: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of the caller's methods. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentMethods"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_payment_method`: The payment method does not exist, or it belongs to another user. Nothing was ordered or changed.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownPaymentMethodProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    getPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The payment. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payment"];
                };
            };
            /** @description `bad_request`: The request is not valid HTTP. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_order`: The order does not exist, or it belongs to another user.
             *
             *     `unknown_payment`: The order has no payment.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownOrderProblem"] | components["schemas"]["UnknownPaymentProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    refreshPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The payment. */
            200: {
                headers: {
                    "Cache-Control": "private, no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payment"];
                };
            };
            /** @description `bad_request`: The request is not valid HTTP. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"];
                };
            };
            /**
             * @description `invalid_token`: The token is unknown, expired or malformed.
             *
             *     `not_authenticated`: The request has no token.
             *
             *     `user_inactive`: The user that the token belongs to is not active.
             */
            401: {
                headers: {
                    "WWW-Authenticate": "Token";
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InvalidTokenProblem"] | components["schemas"]["NotAuthenticatedProblem"] | components["schemas"]["UserInactiveProblem"];
                };
            };
            /**
             * @description `not_found`: The path does not exist. Ids consist of digits only.
             *
             *     `unknown_order`: The order does not exist, or it belongs to another user.
             *
             *     `unknown_payment`: The order has no payment.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"] | components["schemas"]["UnknownOrderProblem"] | components["schemas"]["UnknownPaymentProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: "stripe";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description `bad_request`: The request is not valid HTTP.
             *
             *     `invalid_signature`: The payment provider did not sign the body, or did so too long ago.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidSignatureProblem"];
                };
            };
            /** @description `not_found`: The path does not exist. Ids consist of digits only. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotFoundProblem"];
                };
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `body_too_large`: The body is larger than 1 MB, or one with a password than 8 kB, before or after decompression. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
                };
            };
            /** @description `unsupported_media_type`: The body is neither JSON nor a form, or its charset or encoding is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
            /** @description `database_unavailable`: The database is away, or cannot serve the request at the moment. */
            503: {
                headers: {
                    /** @description How many seconds to wait before trying again. */
                    "Retry-After": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DatabaseUnavailableProblem"];
                };
            };
        };
    };
    describeApi: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of a response that the client already has. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        openapi: string;
                        info: {
                            [key: string]: unknown;
                        };
                        paths: {
                            [key: string]: unknown;
                        };
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description The client already has this version of the response. */
            304: {
                headers: {
                    /** @description Identifies this version of the response. */
                    ETag: string;
                    "Cache-Control": "no-cache";
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `not_acceptable`: The Accept header allows neither JSON nor HTML. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NotAcceptableProblem"];
                };
            };
            /** @description `internal_error`: An unexpected error occurred. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalErrorProblem"];
                };
            };
        };
    };
}
