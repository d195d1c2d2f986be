SELECT @@GLOBAL.read_only;
