(message (message_name) @name) @message
(service (service_name) @name) @service
(enum (enum_name) @name) @enum
(rpc (rpc_name) @name) @method
