SELECT @@GLOBAL.max_allowed_packet;
