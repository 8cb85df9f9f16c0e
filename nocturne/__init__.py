"""What Nocturne does across rooms: application, access, roster, synchronisation, views, reports, command line."""
