"""What alembic runs: the migrations of the inbox, on the connection and in the transaction of `store.engine`."""

from alembic import context

from store.inbox_tables import Base

# One transaction around every step, as in the store; a version table of its own, because the two may share a database.
if context.is_offline_mode():
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"),
        target_metadata=Base.metadata,
        version_table=context.config.attributes["version_table"],
        literal_binds=True,
    )
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        version_table=context.config.attributes["version_table"],
        compare_type=True,
        render_as_batch=True,
        transactional_ddl=True,
    )

with context.begin_transaction():
    context.run_migrations()
