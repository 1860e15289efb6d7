/* Generated from openapi.json by scripts/openapi.mjs; do not edit. */

export interface paths {
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in with e-mail and password */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End this session */
        delete: operations["logOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the token stands for */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create an organization; the caller becomes its owner */
        post: operations["createOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/service-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List service tokens, newest first */
        get: operations["listServiceTokens"];
        put?: never;
        /** Create a token for a program */
        post: operations["createServiceToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/service-tokens/{service_token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a service token at once */
        delete: operations["revokeServiceToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List conversations, newest first */
        get: operations["listConversations"];
        put?: never;
        /** Begin a conversation */
        post: operations["createConversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a conversation */
        get: operations["getConversation"];
        put?: never;
        post?: never;
        /** Delete a conversation and its messages */
        delete: operations["deleteConversation"];
        options?: never;
        head?: never;
        /** Change title or metadata, archive or bring back */
        patch: operations["updateConversation"];
        trace?: never;
    };
    "/v1/conversations/{conversation_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List messages forward or backward, from an end or from any position */
        get: operations["listMessages"];
        put?: never;
        /** Append one message, or several in order, all or none */
        post: operations["appendMessages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}/messages/{message_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a message */
        get: operations["getMessage"];
        put?: never;
        post?: never;
        /** Erase a message; its place in the tree stays */
        delete: operations["deleteMessage"];
        options?: never;
        head?: never;
        /** Replace a message’s metadata */
        patch: operations["updateMessage"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AppendedMessages: {
            messages: components["schemas"]["Message"][];
        };
        Conversation: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            user_id: string | null;
            title: string | null;
            /** @description Free JSON object. */
            metadata: {
                [key: string]: unknown;
            };
            /** @description Messages ever appended; the newest position. */
            message_count: number;
            /** @description Rises with each change; also the ETag. */
            revision: number;
            /**
             * Format: date-time
             * @description When it began.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description The last change or append.
             */
            updated_at: string;
            archived_at: string | null;
        };
        ConversationChanges: {
            title?: string | null;
            /** @description Free JSON object. */
            metadata?: {
                [key: string]: unknown;
            };
            archived?: boolean;
        };
        ConversationPage: {
            data: components["schemas"]["Conversation"][];
            /** @description Null at the end. */
            next_cursor: string | null;
        };
        CreatedServiceToken: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            name: string;
            scopes: string[];
            user_id: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            expires_at: string | null;
            revoked_at: string | null;
            /** @description Shown this once; null when the call is repeated. */
            token: string | null;
        };
        Login: {
            email: string;
            password: string;
        };
        Me: {
            actor: string;
            user: components["schemas"]["User"] | null;
            organizations: components["schemas"]["Organization"][];
        };
        Message: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            /**
             * Format: uuid
             * @description Its conversation.
             */
            conversation_id: string;
            /** @description 1, 2, 3, … in order of arrival. */
            position: number;
            parent_message_id: string | null;
            /** @description `user`, `assistant`, `system`, `tool`, or another lower-case word. */
            role: string;
            /** @description As it was appended. */
            content: unknown;
            /** @description Free JSON object. */
            metadata: {
                [key: string]: unknown;
            };
            tokens_used: number | null;
            /** @description Rises with each change of metadata; also the ETag. */
            revision: number;
            /**
             * Format: date-time
             * @description When it was appended.
             */
            created_at: string;
        };
        MessageChanges: {
            /** @description Free JSON object. */
            metadata: {
                [key: string]: unknown;
            };
        };
        MessagePage: {
            data: components["schemas"]["Message"][];
            /** @description Null at the end. */
            next_cursor: string | null;
        };
        NewConversation: {
            title?: string | null;
            /** @description Free JSON object. */
            metadata?: {
                [key: string]: unknown;
            };
        };
        NewMessage: {
            /** @description `user`, `assistant`, `system`, `tool`, or another lower-case word. */
            role: string;
            /** @description Any JSON value, most often a string. */
            content: unknown;
            /** @description Free JSON object. */
            metadata?: {
                [key: string]: unknown;
            };
            parent_message_id?: string | null;
            tokens_used?: number | null;
        };
        NewMessages: {
            messages: components["schemas"]["NewMessage"][];
        };
        NewOrganization: {
            name: string;
            slug?: string;
        };
        NewServiceToken: {
            name: string;
            scopes: string[];
            expires_at?: string | null;
        };
        NewSession: {
            /** @description The bearer token; shown this once. */
            token: string;
            /**
             * Format: uuid
             * @description The session.
             */
            id: string;
            /**
             * Format: date-time
             * @description When the session ends.
             */
            expires_at: string;
            user: components["schemas"]["User"];
        };
        Organization: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            slug: string;
            name: string;
            role: ("owner" | "admin" | "member") | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            /** @description What is wrong and what to do next. */
            detail: string;
            /** @description Stable name of the error. */
            code: string;
            request_id: string;
            errors?: {
                field: string;
                message: string;
            }[];
        };
        ServiceToken: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            name: string;
            scopes: string[];
            user_id: string | null;
            /**
             * Format: date-time
             * @description When it was created.
             */
            created_at: string;
            expires_at: string | null;
            revoked_at: string | null;
        };
        ServiceTokenPage: {
            data: components["schemas"]["ServiceToken"][];
            /** @description Null at the end. */
            next_cursor: string | null;
        };
        User: {
            /**
             * Format: uuid
             * @description UUIDv7.
             */
            id: string;
            email: string;
            display_name: string | null;
            /**
             * Format: date-time
             * @description When the user was created.
             */
            created_at: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AppendedMessages = components['schemas']['AppendedMessages'];
export type Conversation = components['schemas']['Conversation'];
export type ConversationChanges = components['schemas']['ConversationChanges'];
export type ConversationPage = components['schemas']['ConversationPage'];
export type CreatedServiceToken = components['schemas']['CreatedServiceToken'];
export type Login = components['schemas']['Login'];
export type Me = components['schemas']['Me'];
export type Message = components['schemas']['Message'];
export type MessageChanges = components['schemas']['MessageChanges'];
export type MessagePage = components['schemas']['MessagePage'];
export type NewConversation = components['schemas']['NewConversation'];
export type NewMessage = components['schemas']['NewMessage'];
export type NewMessages = components['schemas']['NewMessages'];
export type NewOrganization = components['schemas']['NewOrganization'];
export type NewServiceToken = components['schemas']['NewServiceToken'];
export type NewSession = components['schemas']['NewSession'];
export type Organization = components['schemas']['Organization'];
export type Problem = components['schemas']['Problem'];
export type ServiceToken = components['schemas']['ServiceToken'];
export type ServiceTokenPage = components['schemas']['ServiceTokenPage'];
export type User = components['schemas']['User'];
export type $defs = Record<string, never>;
export interface operations {
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSession"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `login_failed` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
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
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrganization"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Organization"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `slug_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listServiceTokens: {
        parameters: {
            query?: {
                /** @description Rows at most. Default 50. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceTokenPage"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createServiceToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewServiceToken"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedServiceToken"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeServiceToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The service token. */
                service_token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `service_token_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConversations: {
        parameters: {
            query?: {
                /** @description Rows at most. Default 50. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only those this user began. */
                user_id?: string;
                /** @description Archived ones instead of living ones. */
                archived?: boolean;
            };
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationPage"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createConversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewConversation"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    /** @description The revision, quoted. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    /** @description The revision, quoted. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `conversation_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteConversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `conversation_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateConversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
                /** @description The ETag read before: the change happens only if nothing changed since. */
                "If-Match"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationChanges"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    /** @description The revision, quoted. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `conversation_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `revision_conflict` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description Rows at most. Default 50. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description By position. Default asc. */
                order?: "asc" | "desc";
                /** @description Begin beside this position, exclusive. */
                from_position?: number;
            };
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagePage"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value`, `invalid_cursor` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `conversation_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    appendMessages: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"] | components["schemas"]["NewMessages"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"] | components["schemas"]["AppendedMessages"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `conversation_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused`, `parent_message_not_found` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
                /** @description The message. */
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    /** @description The revision, quoted. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `message_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
                /** @description The message. */
                message_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `message_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id or slug of the organization; needed with a session, implied by a service token. */
                "Holdfast-Organization"?: string;
                /** @description A repeated call with the same key has one effect and the same answer, for 24 hours. */
                "Idempotency-Key"?: string;
                /** @description The ETag read before: the change happens only if nothing changed since. */
                "If-Match"?: string;
            };
            path: {
                /** @description The conversation. */
                conversation_id: string;
                /** @description The message. */
                message_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MessageChanges"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    /** @description The revision, quoted. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description `invalid_request`, `invalid_input`, `invalid_value` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `organization_not_found`, `message_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `revision_conflict` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `database_unavailable`, `busy` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

/** Where each operation is, and what it asks for. */
export const endpoints = {
    logIn: {
        method: 'POST',
        path: '/v1/sessions',
        isPublic: true,
        isInOrganization: false,
        isKeyed: false,
    },
    logOut: {
        method: 'DELETE',
        path: '/v1/sessions/current',
        isPublic: false,
        isInOrganization: false,
        isKeyed: false,
    },
    getMe: {
        method: 'GET',
        path: '/v1/me',
        isPublic: false,
        isInOrganization: false,
        isKeyed: false,
    },
    createOrganization: {
        method: 'POST',
        path: '/v1/organizations',
        isPublic: false,
        isInOrganization: false,
        isKeyed: true,
    },
    createServiceToken: {
        method: 'POST',
        path: '/v1/service-tokens',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    listServiceTokens: {
        method: 'GET',
        path: '/v1/service-tokens',
        isPublic: false,
        isInOrganization: true,
        isKeyed: false,
    },
    revokeServiceToken: {
        method: 'DELETE',
        path: '/v1/service-tokens/{service_token_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    createConversation: {
        method: 'POST',
        path: '/v1/conversations',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    listConversations: {
        method: 'GET',
        path: '/v1/conversations',
        isPublic: false,
        isInOrganization: true,
        isKeyed: false,
    },
    getConversation: {
        method: 'GET',
        path: '/v1/conversations/{conversation_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: false,
    },
    updateConversation: {
        method: 'PATCH',
        path: '/v1/conversations/{conversation_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    deleteConversation: {
        method: 'DELETE',
        path: '/v1/conversations/{conversation_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    appendMessages: {
        method: 'POST',
        path: '/v1/conversations/{conversation_id}/messages',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    listMessages: {
        method: 'GET',
        path: '/v1/conversations/{conversation_id}/messages',
        isPublic: false,
        isInOrganization: true,
        isKeyed: false,
    },
    getMessage: {
        method: 'GET',
        path: '/v1/conversations/{conversation_id}/messages/{message_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: false,
    },
    updateMessage: {
        method: 'PATCH',
        path: '/v1/conversations/{conversation_id}/messages/{message_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
    deleteMessage: {
        method: 'DELETE',
        path: '/v1/conversations/{conversation_id}/messages/{message_id}',
        isPublic: false,
        isInOrganization: true,
        isKeyed: true,
    },
} as const
