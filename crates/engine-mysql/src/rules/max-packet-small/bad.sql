-- cleanup: SET GLOBAL max_allowed_packet = 16777216
SET GLOBAL max_allowed_packet = 65536;
