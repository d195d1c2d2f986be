create table `users` (`id` bigint unsigned not null auto_increment primary key, `name` varchar(255) not null, `email` varchar(255) not null, `email_verified_at` timestamp null, `password` varchar(255) not null, `remember_token` varchar(100) null, `created_at` timestamp null, `updated_at` timestamp null) default character set utf8mb4 collate 'utf8mb4_unicode_ci';
alter table `users` add unique `users_email_unique`(`email`);
alter table `users` add `settings` json null after `password`, add `uuid` char(36) not null;
alter table `users` add index `users_name_email_index`(`name`, `email`);
alter table `users` drop index `users_name_email_index`;
alter table `users` modify `name` varchar(100) not null;
